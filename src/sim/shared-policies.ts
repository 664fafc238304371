/**
 * Policies of a node's pod VMs, compiled once for each text: a thousand pods with one policy hold one
 * engine. Engines keep no state between requests; what a policy remembers is the agent's own.
 */
import { createHash } from 'node:crypto';
import { loadRego, type KataProfile, type LoadText, type PolicyEngine } from '#gate';

export class SharedPolicies {
  /** Texts compiled so far; a text that no pod holds any more may be compiled again. */
  compiled = 0;
  readonly #load: LoadText;
  /** An engine is dropped with the last agent that uses it. */
  readonly #engines = new Map<string, WeakRef<PolicyEngine>>();
  /** Entries at which the ones without an engine are swept out. */
  #sweepAt = 64;

  constructor(load: LoadText = loadRego) {
    this.#load = load;
  }

  /** Policies held by somebody. */
  get size(): number {
    this.#sweep();
    return this.#engines.size;
  }

  /** As `loadRego`: throws a located error for a text that does not parse, every time anew. */
  readonly load = (text: string, moduleName: string, kata: KataProfile): PolicyEngine => {
    const key = digest(text, moduleName, kata);
    const known = this.#engines.get(key)?.deref();
    if (known !== undefined) return known;
    const engine = this.#load(text, moduleName, kata);
    this.compiled += 1;
    this.#engines.set(key, new WeakRef(engine));
    if (this.#engines.size >= this.#sweepAt) {
      this.#sweep();
      this.#sweepAt = Math.max(64, 2 * this.#engines.size);
    }
    return engine;
  };

  #sweep(): void {
    for (const [key, engine] of this.#engines) {
      if (engine.deref() === undefined) this.#engines.delete(key);
    }
  }
}

/** The module's name is in the places that errors and reasons show, the release in what is allowed. */
const digest = (text: string, moduleName: string, { version }: KataProfile): string =>
  createHash('sha256')
    .update(JSON.stringify([version, moduleName]))
    .update(text)
    .digest('base64');
