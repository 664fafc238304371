/**
 * Every environment variable of a request with the rule that allowed it, or what it misses. From the
 * same evaluation as the near misses: a function that held for the variable is what allowed it.
 */
import { type Observer, opaPosition, RegoObject, type Value } from '#rego';
import type { Json } from '#wire';
import type { Difference } from './explained.ts';
import { fieldName } from './fields.ts';
import { short } from './text.ts';

export interface EnvRow {
  readonly field: string;
  readonly variable: string;
  readonly allowed: boolean;
  /** `env_variable_ok (line 443) with rule {"name":...}`, or the sentence of the difference. */
  readonly by: string;
}

type Rule = Parameters<NonNullable<Observer['passRule']>>[0];
type Slots = Parameters<NonNullable<Observer['passRule']>>[2];

/** Requests with more variables than this have no table. */
const MAX_VARIABLES = 1_000;

const PLACES = [
  ['OCI', 'Process', 'Env'],
  ['process', 'Env'],
] as const;

type JsonObject = Readonly<Record<string, Json>>;

/** Where a request has its environment. */
function environmentOf(input: Json): { path: readonly string[]; env: readonly Json[] } | undefined {
  for (const path of PLACES) {
    const env = path.reduce<Json | undefined>((value, key) => {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      return isObject ? (value as JsonObject)[key] : undefined;
    }, input);
    if (Array.isArray(env) && env.length > 0 && env.length <= MAX_VARIABLES) {
      return { path, env: env as readonly Json[] };
    }
  }
  return undefined;
}

export class EnvWatcher implements Observer {
  readonly #environment: ReturnType<typeof environmentOf>;
  readonly #wanted: ReadonlySet<unknown>;
  readonly #allowed = new Map<Value, string>();

  constructor(input: Json) {
    this.#environment = environmentOf(input);
    this.#wanted = new Set(this.#environment?.env);
  }

  passRule(rule: Rule, branch: number, slots: Slots): void {
    if (!rule.isFunction || this.#wanted.size === 0) return;
    for (const arg of rule.args ?? []) {
      const value = arg.match === 'bind' ? (slots[arg.slot] as Value) : undefined;
      if (typeof value !== 'string' || !this.#wanted.has(value) || this.#allowed.has(value))
        continue;
      this.#allowed.set(value, describe(rule, branch, slots));
    }
  }

  rows(differences: readonly Difference[]): readonly EnvRow[] {
    const { path = [], env = [] } = this.#environment ?? {};
    return env.flatMap((variable, i): readonly EnvRow[] => {
      if (typeof variable !== 'string') return [];
      const field = fieldName([...path, i]);
      const missed = differences.find((one) => one.field === field);
      const by = missed?.sentence ?? this.#allowed.get(variable);
      return by === undefined ? [] : [{ field, variable, allowed: missed === undefined, by }];
    });
  }
}

/** The rule with what its loops were at. */
function describe(rule: Rule, branch: number, slots: Slots): string {
  const { source, start } = (rule.branches[branch] ?? rule).span;
  const args = new Set((rule.args ?? []).map((one) => (one.match === 'bind' ? one.slot : -1)));
  const name = rule.path.at(-1) ?? '';
  const own = rule.slotNames.flatMap((slotName, slot) => {
    const value = slots[slot] as Value | undefined;
    if (slotName === undefined || slotName === '_' || args.has(slot)) return [];
    const isTelling = typeof value === 'string' || value instanceof RegoObject;
    return isTelling ? [`${slotName} ${short(value, 60)}`] : [];
  });
  const turn = own[0] === undefined ? '' : `, ${own[0]}`;
  return `${name} (line ${String(opaPosition(source, start).row)}${turn})`;
}
