/**
 * Takes secrets out of a decision before it is logged. A rule is a path into the event with `*` for
 * any member or index; what it hits is removed, or its value hidden while its name stays.
 * OPA names the paths it removed `erased` and those it changed `masked`; so do we.
 */
import type { Json } from '#wire';
import type { Decision } from './decision.ts';

export interface MaskRule {
  /** `/input/OCI/Process/Env/*`. */
  readonly path: string;
  /** `remove` takes the value away; `hide-value` keeps the name of a `NAME=value` text. */
  readonly action: 'remove' | 'hide-value';
}

/** Stdin, entropy and file data, and the values of environment variables. */
export const DEFAULT_MASK: readonly MaskRule[] = [
  { path: '/input/data', action: 'remove' },
  { path: '/input/OCI/Process/Env/*', action: 'hide-value' },
  { path: '/input/process/Env/*', action: 'hide-value' },
  { path: '/input/OCI/Hooks/*/*/Env/*', action: 'hide-value' },
];

export const HIDDEN = '**REDACTED**';

type Container = Readonly<Record<string, Json>> | readonly Json[];

interface Masked {
  readonly input: Json;
  readonly result: Json | undefined;
  readonly erased: readonly string[];
  readonly masked: readonly string[];
}

export class EventMasker {
  readonly #rules: readonly { readonly parts: readonly string[]; readonly rule: MaskRule }[];

  constructor(rules: readonly MaskRule[] = DEFAULT_MASK) {
    this.#rules = rules.map((rule) => ({ parts: partsOf(rule.path), rule }));
  }

  /** Never changes the decision: what a rule hits is copied. */
  apply({ input, result }: Pick<Decision, 'input' | 'result'>): Masked {
    const erased: string[] = [];
    const masked: string[] = [];
    let event: Json = result === undefined ? { input } : { input, result };
    for (const { parts, rule } of this.#rules) {
      const hits = rule.action === 'remove' ? erased : masked;
      event = mask(event, parts, { rule, at: '', hits }) ?? event;
    }
    const { input: maskedInput = null, result: maskedResult } = event as Readonly<
      Record<string, Json>
    >;
    return { input: maskedInput, result: maskedResult, erased, masked };
  }
}

function partsOf(path: string): string[] {
  const [, ...parts] = path.split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const escape = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

function isContainer(value: Json): value is Container {
  return typeof value === 'object' && value !== null;
}

interface Walk {
  readonly rule: MaskRule;
  readonly at: string;
  readonly hits: string[];
}

/** A masked copy, or undefined when the rule hits nothing here. */
function mask(value: Json, parts: readonly string[], walk: Walk): Json | undefined {
  const [part, ...rest] = parts;
  if (part === undefined || !isContainer(value)) return undefined;
  const entries: [string, Json][] = Object.entries(value);
  let changed = false;
  const kept: [string, Json][] = [];
  for (const [key, member] of entries) {
    const at = `${walk.at}/${escape(key)}`;
    if (part !== '*' && part !== key) kept.push([key, member]);
    else if (rest.length > 0) {
      const inner = mask(member, rest, { ...walk, at });
      changed ||= inner !== undefined;
      kept.push([key, inner ?? member]);
    } else {
      changed = true;
      walk.hits.push(at);
      if (walk.rule.action === 'hide-value') kept.push([key, hidden(member)]);
    }
  }
  if (!changed) return undefined;
  if (Array.isArray(value)) return kept.map(([, member]) => member);
  return Object.assign(Object.create(null) as Record<string, Json>, Object.fromEntries(kept));
}

/** `PATH=/bin` -> `PATH=**REDACTED**`. Anything without a name is hidden whole. */
function hidden(value: Json): Json {
  const end = typeof value === 'string' ? value.indexOf('=') : -1;
  return typeof value === 'string' && end >= 0 ? `${value.slice(0, end)}=${HIDDEN}` : HIDDEN;
}
