/**
 * Which lines of a policy look at a field. The policy is evaluated twice, watched: on one request, and
 * on the same request with only this field as the other has it. An expression whose value differs
 * between the two looks at the field:
 *
 * - `reads`: its value is the field's own, before in the one run and after in the other
 * - `holds`: its value is a larger one that the field is in
 * - `depends`: its value was computed from the field, such as the outcome of a comparison
 *
 * The two runs are compared step by step as long as they take the same way through the policy; what
 * comes after the line at which they part is not seen. So the start is the request that the policy
 * allows, if it allows one of them.
 */
import { kataProfile, loadRego } from '#gate';
import { valueFromJs, type Value } from '#rego';
import type { Json } from '#wire';
import { openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import { isObject } from '../corpus/complete-input.ts';
import { placeOf } from '../explain/text.ts';
import type { SourcePlace } from '../explain/explained.ts';
import { diffJson, type JsonDifference } from './diff-json.ts';
import {
  traceDifferences,
  TraceRecorder,
  type UseKind,
  type PlanExpr,
  type Step,
} from './trace-diff.ts';

export type { UseKind };

export interface FieldUse {
  readonly kind: UseKind;
  readonly place: SourcePlace;
  /** The literal was passed with the first value, and with the second. */
  readonly held: readonly [boolean, boolean];
}

export interface FieldUsage extends JsonDifference {
  /** In source order, one per line: the most telling of it. */
  readonly uses: readonly FieldUse[];
}

export interface RequestDiff {
  readonly endpoint: string | undefined;
  readonly verdicts: readonly [string, string] | undefined;
  readonly fields: readonly FieldUsage[];
  /** Fields that were not looked for, there being so many. */
  readonly omitted: number;
}

export interface RequestQuestion {
  readonly before: Json;
  readonly after: Json;
  /** Without a policy only the fields are told. */
  readonly policy?: PolicyText;
  readonly endpoint?: string;
  /** The data document that both meet. */
  readonly state?: Json;
}

/** Every field costs two evaluations. */
const MAX_FIELDS = 64;

export function diffRequests({
  before,
  after,
  policy,
  endpoint,
  state,
}: RequestQuestion): RequestDiff {
  const differences = diffJson(before, after);
  if (policy === undefined || endpoint === undefined) {
    const fields = differences.map((difference) => ({ ...difference, uses: [] }));
    return { endpoint, verdicts: undefined, fields, omitted: 0 };
  }
  const verdictOf = (input: Json): string => {
    const agent = openPolicy(policy);
    if (state !== undefined) agent.restore(state);
    return agent.decide(endpoint, input).verdict;
  };
  const verdicts = [verdictOf(before), verdictOf(after)] as const;
  const isReverse = verdicts[0] !== 'allow' && verdicts[1] === 'allow';
  const finder = new FieldUsageFinder(policy, endpoint, state ?? { pstate: {} });
  const start = isReverse ? after : before;
  const fields = differences.slice(0, MAX_FIELDS).map((difference): FieldUsage => {
    const { path } = difference;
    const value = isReverse ? difference.before : difference.after;
    const uses = finder.usesOf(start, withField(start, path, value), difference);
    return { ...difference, uses: isReverse ? uses.map(turned) : uses };
  });
  return { endpoint, verdicts, fields, omitted: differences.length - fields.length };
}

const turned = (use: FieldUse): FieldUse => ({ ...use, held: [use.held[1], use.held[0]] });

/** The document with one field as given; undefined takes it away. */
export function withField(
  input: Json,
  path: readonly (string | number)[],
  value: Json | undefined,
): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value ?? null;
  if (Array.isArray(input)) {
    const items = [...(input as readonly Json[])];
    const at = Number(key);
    if (rest.length === 0 && value === undefined) items.splice(at, 1);
    else items[at] = withField(items[at] ?? null, rest, value);
    return items;
  }
  if (!isObject(input)) return input;
  const { [key]: member, ...others } = input;
  if (rest.length === 0 && value === undefined) return others;
  return { ...input, [key]: withField(member ?? null, rest, value) };
}

class FieldUsageFinder {
  readonly #engine: ReturnType<typeof loadRego>;
  readonly #endpoint: string;
  readonly #state: Json;

  constructor({ text, file, kata = kataProfile() }: PolicyText, endpoint: string, state: Json) {
    this.#engine = loadRego(text, file, kata);
    this.#endpoint = endpoint;
    this.#state = state;
  }

  usesOf(first: Json, second: Json, { before, after, path }: JsonDifference): readonly FieldUse[] {
    const own = [before, after].map((value) =>
      value === undefined ? undefined : this.#value(value),
    );
    const byLine = new Map<number, FieldUse>();
    for (const { literal, kind, held } of traceDifferences(
      this.#watch(first),
      this.#watch(second),
      own,
    )) {
      const place = placeOf(literal.span);
      // A print tells, it does not decide.
      if (place.text.trimStart().startsWith('print(')) continue;
      // A comparison may read the field without telling its value on the way.
      const use = { kind: namesField(literal.steps, path) ? 'reads' : kind, place, held } as const;
      const known = byLine.get(place.line);
      if (known === undefined || isMoreTelling(use, known)) byLine.set(place.line, use);
    }
    return [...byLine.values()].sort((a, b) => a.place.line - b.place.line);
  }

  #value(value: Json): Value {
    return valueFromJs(value, this.#engine.policy.profile.numbers);
  }

  #watch(input: Json): readonly Step[] {
    const watcher = new TraceRecorder();
    this.#engine.policy.query(`data.agent_policy.${this.#endpoint}`, {
      input: { value: input },
      data: { value: this.#state },
      observer: watcher,
    });
    return watcher.steps;
  }
}

const RANK: Readonly<Record<UseKind, number>> = { reads: 0, depends: 1, holds: 2 };

const changesHere = ({ held: [one, two] }: FieldUse): boolean => one !== two;

const isMoreTelling = (a: FieldUse, b: FieldUse): boolean =>
  RANK[a.kind] < RANK[b.kind] || (a.kind === b.kind && changesHere(a) && !changesHere(b));

/** Whether an expression under `node` is `input` and this path, spelled out. */
function namesField(node: unknown, path: JsonDifference['path']): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some((item) => namesField(item, path));
  const keys = inputPath(node);
  if (keys?.length === path.length && keys.every((key, i) => key === path[i])) return true;
  return Object.entries(node).some(
    ([name, member]) => name !== 'span' && name !== 'spec' && namesField(member, path),
  );
}

/** Keys behind `input` of a reference whose keys are constants. */
function inputPath(node: object): readonly unknown[] | undefined {
  if (!('op' in node)) return undefined;
  if (node.op === 'input') return [];
  if (node.op !== 'get') return undefined;
  const { base, key } = node as Extract<PlanExpr, { op: 'get' }>;
  if (key.op !== 'const') return undefined;
  const before = inputPath(base);
  return before && [...before, key.value];
}
