/**
 * How often an explanation names the field that was changed: every single-field mutation of every
 * allowed request of the shipped genpolicy-style policy whose verdict turns into a refusal.
 *
 * A mutation counts as named when the first difference of the nearest candidate is
 * - the field itself, or for an array that got or lost an element, the array or a place in it;
 * - a place around the field, when the check that failed looks at that place as a whole (an array
 *   joined to one text, a set made from it, its length).
 */
import { readFileSync } from 'node:fs';
import { AgentPolicy } from '#gate';
import { explainer, type Difference, type Explainer } from '#policy/explain';
import type { Json } from '#wire';
import { mutationsOf, type Mutation, type Path } from './mutations.ts';

export interface RecordedCase {
  readonly description: string;
  readonly kind: string;
  readonly request: Json;
}

export interface Miss {
  readonly request: string;
  readonly mutation: Mutation;
  readonly named: string | undefined;
  readonly sentence: string | undefined;
}

export interface Rate {
  readonly mutations: number;
  readonly stillAllowed: number;
  readonly denied: number;
  readonly named: number;
  readonly misses: readonly Miss[];
}

const POLICY = new URL('../../policies/genpolicy-style.rego', import.meta.url);
const CASES = new URL('../../policies/genpolicy-style.testcases.json', import.meta.url);

interface Start extends RecordedCase {
  readonly state: Json;
}

/** The allowed requests with the state before each. */
export function allowedRequests(): {
  readonly explain: Explainer;
  readonly starts: readonly Start[];
} {
  const text = readFileSync(POLICY, 'utf8');
  const cases = JSON.parse(readFileSync(CASES, 'utf8')) as readonly RecordedCase[];
  const policy = AgentPolicy.open([{ source: 'image-default', text }]);
  const starts: Start[] = [];
  for (const one of cases) {
    const { state } = policy;
    if (policy.decide(one.kind, one.request).verdict === 'allow') starts.push({ ...one, state });
  }
  return { explain: explainer({ text, file: 'genpolicy-style.rego' }), starts };
}

/** Explains the mutations that `choose` picks. */
export function measure(choose: (index: number) => boolean): Rate {
  const { explain, starts } = allowedRequests();
  const misses: Miss[] = [];
  let index = 0;
  let mutations = 0;
  let stillAllowed = 0;
  for (const { description, kind, request, state } of starts) {
    for (const mutation of mutationsOf(request)) {
      if (!choose(index++)) continue;
      mutations++;
      const explained = explain.explain({ endpoint: kind, input: mutation.input, state });
      if (explained.decision.verdict === 'allow') {
        stillAllowed++;
        continue;
      }
      const [first] = explained.candidates[0]?.differences ?? [];
      if (first !== undefined && names(first, mutation)) continue;
      const named = first?.field;
      misses.push({ request: description, mutation, named, sentence: first?.sentence });
    }
  }
  const denied = mutations - stillAllowed;
  return { mutations, stillAllowed, denied, named: denied - misses.length, misses };
}

const startsWith = (path: Path, prefix: Path): boolean =>
  prefix.length <= path.length && prefix.every((key, i) => key === path[i]);

const isSame = (a: Path, b: Path): boolean => a.length === b.length && startsWith(a, b);

function names({ path, field, related }: Difference, { kind, path: mutated }: Mutation): boolean {
  if (path === undefined || field === undefined) return false;
  const isArray = kind === 'array-add' || kind === 'array-remove';
  if (isArray ? startsWith(path, mutated) : isSame(path, mutated)) return true;
  return startsWith(mutated, path) && related.some((one) => one.field === field);
}

export function rateText({ mutations, stillAllowed, denied, named, misses }: Rate): string {
  const percent = denied === 0 ? 100 : (named / denied) * 100;
  const head = `${String(mutations)} mutations, ${String(stillAllowed)} still allowed, ${String(denied)} refused; the changed field is named first in ${String(named)} (${percent.toFixed(1)} %)`;
  const kinds = new Map<string, Miss[]>();
  for (const miss of misses) {
    const place = miss.mutation.path.map((key) => (typeof key === 'number' ? '*' : key)).join('.');
    const name = `${miss.mutation.kind} ${place}`;
    kinds.set(name, [...(kinds.get(name) ?? []), miss]);
  }
  const lines = [...kinds].map(
    ([name, [first, ...more]]) =>
      `  ${String(more.length + 1)} x ${name}: named ${first?.named ?? 'nothing'} (${first?.sentence ?? ''})`,
  );
  return [head, ...lines].join('\n');
}
