/**
 * What of a policy a corpus reached: lines, expressions (and whether each both held and did not),
 * bodies that were true, and which endpoints of the release were asked. Every corpus starts a fresh
 * agent; the counts are of all of them.
 */
import {
  type AgentPolicy,
  kataProfile,
  type KataProfile,
  loadRego,
  type RegoEngine,
  type Verdict,
} from '#gate';
import {
  type BodyCoverage,
  type CompiledPolicy,
  ExpressionRecorder,
  type LiteralCoverage,
  opaPosition,
  type Span,
} from '#rego';
import { endpoints } from '#wire';
import { decideEntry, openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import type { CorpusEntry } from '../corpus/entry.ts';

export interface Share {
  readonly covered: number;
  readonly total: number;
  /** Two decimals; 100 when there is nothing to cover. */
  readonly percent: number;
}

export interface CoveragePlace {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** The text, its first line only. */
  readonly text: string;
}

export interface ExpressionRow extends CoveragePlace {
  readonly tried: number;
  readonly held: number;
  /** False for a print or an assignment: to fail is not among what it is for. */
  readonly decides: boolean;
  /** Parts that were never evaluated although the expression was tried. */
  readonly unreached: readonly CoveragePlace[];
}

export interface BodyRow extends CoveragePlace {
  /** `data.agent_policy.allow_mount` */
  readonly path: string;
  readonly isDefault: boolean;
  readonly tried: number;
  /** How often it gave a value. */
  readonly held: number;
}

export interface EndpointRow {
  readonly endpoint: string;
  /** `missing`: no rule at all, so that every call is INTERNAL. */
  readonly kind: 'rule' | 'default' | 'missing';
  readonly asked: Readonly<Record<Verdict, number>>;
}

export interface PolicyCoverage {
  readonly file: string;
  readonly kataVersion: string;
  readonly requests: number;
  readonly lines: Share;
  readonly expressions: Share;
  /** Expressions that decide and were seen both to hold and not to. */
  readonly bothWays: Share;
  readonly bodies: Share;
  readonly endpoints: Share;
  /** Hits by line, of lines that can be reached. */
  readonly lineHits: ReadonlyMap<number, number>;
  readonly expressionRows: readonly ExpressionRow[];
  readonly bodyRows: readonly BodyRow[];
  readonly endpointRows: readonly EndpointRow[];
}

/** Counts requests of any number of corpora against one policy. */
export class CoverageRun {
  readonly #policy: PolicyText;
  readonly #kata: KataProfile;
  readonly #engine: RegoEngine;
  readonly #recorder = new ExpressionRecorder();
  readonly #asked = new Map<string, Record<Verdict, number>>();
  #requests = 0;

  /** Throws the located error of a policy that does not parse. */
  constructor(policy: PolicyText) {
    this.#policy = policy;
    this.#kata = policy.kata ?? kataProfile();
    this.#engine = loadRego(policy.text, policy.file, this.#kata, this.#recorder);
  }

  /** A fresh agent decides a corpus; masked entries change the state only. */
  async decide(entries: Iterable<CorpusEntry> | AsyncIterable<CorpusEntry>): Promise<void> {
    const agent = openPolicy(this.#policy, this.#engine);
    for await (const entry of entries) this.#count(agent, entry);
  }

  #count(agent: AgentPolicy, entry: CorpusEntry): void {
    const { decision } = decideEntry(agent, entry);
    if (decision === undefined) return;
    this.#requests++;
    const asked = this.#asked.get(entry.endpoint) ?? { allow: 0, deny: 0, fault: 0 };
    asked[decision.verdict]++;
    this.#asked.set(entry.endpoint, asked);
  }

  report(): PolicyCoverage {
    const { policy } = this.#engine;
    const { literals, bodies } = this.#recorder.report(policy);
    const expressionRows = literals.map(expressionRow);
    const bodyRows = bodies.map(bodyRow);
    const endpointRows = this.#endpoints(policy, this.#kata.missingMethods);
    const lineHits = hitsByLine(expressionRows, bodyRows);
    const deciding = expressionRows.filter(({ decides }) => decides);
    return {
      file: this.#policy.file,
      kataVersion: this.#kata.version,
      requests: this.#requests,
      lines: share([...lineHits.values()], (hits) => hits > 0),
      expressions: share(expressionRows, ({ tried }) => tried > 0),
      bothWays: share(deciding, ({ tried, held }) => held > 0 && held < tried),
      bodies: share(bodyRows, ({ held }) => held > 0),
      endpoints: share(endpointRows, ({ asked }) => asked.allow + asked.deny + asked.fault > 0),
      lineHits,
      expressionRows,
      bodyRows,
      endpointRows,
    };
  }

  #endpoints(policy: CompiledPolicy, missingMethods: readonly string[]): readonly EndpointRow[] {
    const root = policy.resolved.tree.children.get('agent_policy');
    const present = endpoints.filter(
      ({ methods }) => !methods.every((method) => missingMethods.includes(method)),
    );
    return present.map(({ endpoint }) => {
      const node = root?.children.get(endpoint);
      const kind =
        (node?.rules.length ?? 0) > 0
          ? 'rule'
          : (node?.defaults.length ?? 0) > 0
            ? 'default'
            : 'missing';
      return {
        endpoint,
        kind,
        asked: this.#asked.get(endpoint) ?? { allow: 0, deny: 0, fault: 0 },
      };
    });
  }
}

function share<T>(items: readonly T[], isCovered: (item: T) => boolean): Share {
  const covered = items.filter(isCovered).length;
  const total = items.length;
  const percent = total === 0 ? 100 : Math.floor((covered / total) * 10_000) / 100;
  return { covered, total, percent };
}

function placeOf({ source, start, end }: Span): CoveragePlace {
  const { row, col } = opaPosition(source, start);
  const [text = ''] = source.text.slice(start, end).split('\n');
  return { line: row, column: col, text };
}

function expressionRow({ span, tried, held, decides, unreached }: LiteralCoverage): ExpressionRow {
  return { ...placeOf(span), tried, held, decides, unreached: unreached.map(placeOf) };
}

function bodyRow({ headSpan, path, isDefault, tried, held }: BodyCoverage): BodyRow {
  return { ...placeOf(headSpan), path, isDefault, tried, held };
}

/** A line is hit as often as what starts on it: an expression when tried, a head when it gave a value. */
function hitsByLine(
  expressions: readonly ExpressionRow[],
  bodies: readonly BodyRow[],
): ReadonlyMap<number, number> {
  const hits = new Map<number, number>();
  const add = (line: number, count: number): void => {
    hits.set(line, Math.max(hits.get(line) ?? 0, count));
  };
  for (const { line, held } of bodies) add(line, held);
  for (const { line, tried } of expressions) add(line, tried);
  return new Map([...hits].sort(([a], [b]) => a - b));
}
