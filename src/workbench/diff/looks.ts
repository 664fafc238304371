/**
 * Which lines of a policy look at a field. The policy is evaluated twice, watched: on one request, and
 * on the same request with only this field as the other has it. An expression whose value differs
 * between the two looks at the field:
 *
 * - `reads`: its value is the field's own, before in the one run and after in the other
 * - `holds`: its value is a larger one that the field is in
 * - `depends`: its value was computed from the field, such as the outcome of a comparison
 *
 * What neither run reaches is not seen, so the start is the request that the policy allows, if it
 * allows one of them.
 */
import { kataProfile, loadRego } from '#policy';
import { equalValues, valueFromJs, type Observer, type Value } from '#rego';
import type { Json } from '#wire';
import { openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import { isObject } from '../corpus/complete-input.ts';
import { placeOf } from '../explain/text.ts';
import type { SourcePlace } from '../explain/explained.ts';
import { diffJson, type JsonDifference } from './diff-json.ts';

export type LookKind = 'reads' | 'holds' | 'depends';

export interface Look {
  readonly kind: LookKind;
  readonly place: SourcePlace;
  /** The literal was passed with the first value, and with the second. */
  readonly held: readonly [boolean, boolean];
}

export interface FieldLooks extends JsonDifference {
  /** In source order, one per line: the most telling of it. */
  readonly looks: readonly Look[];
}

export interface RequestDiff {
  readonly endpoint: string | undefined;
  readonly verdicts: readonly [string, string] | undefined;
  readonly fields: readonly FieldLooks[];
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
    const fields = differences.map((difference) => ({ ...difference, looks: [] }));
    return { endpoint, verdicts: undefined, fields, omitted: 0 };
  }
  const verdictOf = (input: Json): string => {
    const agent = openPolicy(policy);
    if (state !== undefined) agent.restore(state);
    return agent.decide(endpoint, input).verdict;
  };
  const verdicts = [verdictOf(before), verdictOf(after)] as const;
  const isReverse = verdicts[0] !== 'allow' && verdicts[1] === 'allow';
  const looker = new Looker(policy, endpoint, state ?? { pstate: {} });
  const start = isReverse ? after : before;
  const fields = differences.slice(0, MAX_FIELDS).map((difference): FieldLooks => {
    const { path } = difference;
    const value = isReverse ? difference.before : difference.after;
    const looks = looker.looksAt(start, withField(start, path, value), difference);
    return { ...difference, looks: isReverse ? looks.map(turned) : looks };
  });
  return { endpoint, verdicts, fields, omitted: differences.length - fields.length };
}

const turned = (look: Look): Look => ({ ...look, held: [look.held[1], look.held[0]] });

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

type PlanExpr = Parameters<NonNullable<Observer['value']>>[0];
type PlanLiteral = Parameters<NonNullable<Observer['enterLiteral']>>[0];

/** What one run saw of a literal. */
interface Sight {
  readonly literal: PlanLiteral;
  passed: boolean;
  /** Values of its expressions, turn by turn. */
  readonly values: Map<string, (Value | undefined)[]>;
}

/** Turns of a loop that are compared. */
const MAX_TURNS = 256;

class Watcher implements Observer {
  readonly sights = new Map<number, Sight>();
  readonly #stack: Sight[] = [];

  enterLiteral(literal: PlanLiteral): void {
    let sight = this.sights.get(literal.id);
    if (sight === undefined) {
      sight = { literal, passed: false, values: new Map() };
      this.sights.set(literal.id, sight);
    }
    this.#stack.push(sight);
  }

  passLiteral(literal: PlanLiteral): void {
    const sight = this.sights.get(literal.id);
    if (sight !== undefined) sight.passed = true;
  }

  leaveLiteral(): void {
    this.#stack.pop();
  }

  value(plan: PlanExpr, value: Value | undefined): void {
    const sight = this.#stack.at(-1);
    if (sight === undefined) return;
    const key = `${plan.span.start}-${plan.span.end}-${plan.op}`;
    const values = sight.values.get(key) ?? [];
    sight.values.set(key, values);
    if (values.length < MAX_TURNS) values.push(value);
  }
}

class Looker {
  readonly #engine: ReturnType<typeof loadRego>;
  readonly #endpoint: string;
  readonly #state: Json;

  constructor({ text, file, kata = kataProfile() }: PolicyText, endpoint: string, state: Json) {
    this.#engine = loadRego(text, file, kata);
    this.#endpoint = endpoint;
    this.#state = state;
  }

  looksAt(first: Json, second: Json, difference: JsonDifference): readonly Look[] {
    const { before, after } = difference;
    const own = [before, after].map((value) =>
      value === undefined ? undefined : this.#value(value),
    );
    const [one, two] = [this.#watch(first), this.#watch(second)];
    const byLine = new Map<number, Look>();
    for (const [id, sight] of one) {
      const other = two.get(id);
      if (other === undefined) continue;
      const seen = kindOf(sight, other, own);
      if (seen === undefined) continue;
      // A comparison may read the field without telling its value on the way.
      const kind = namesField(sight.literal.steps, difference.path) ? 'reads' : seen;
      const place = placeOf(sight.literal.span);
      // A print tells, it does not decide.
      if (place.text.trimStart().startsWith('print(')) continue;
      const known = byLine.get(place.line);
      if (known === undefined || RANK[kind] < RANK[known.kind])
        byLine.set(place.line, { kind, place, held: [sight.passed, other.passed] });
    }
    return [...byLine.values()].sort((a, b) => a.place.line - b.place.line);
  }

  #value(value: Json): Value {
    return valueFromJs(value, this.#engine.policy.profile.numbers);
  }

  #watch(input: Json): ReadonlyMap<number, Sight> {
    const watcher = new Watcher();
    this.#engine.policy.query(`data.agent_policy.${this.#endpoint}`, {
      input: { value: input },
      data: { value: this.#state },
      observer: watcher,
    });
    return watcher.sights;
  }
}

const RANK: Readonly<Record<LookKind, number>> = { reads: 0, depends: 1, holds: 2 };

type Own = readonly (Value | undefined)[];

function kindOf(one: Sight, two: Sight, own: Own): LookKind | undefined {
  let found: LookKind | undefined = one.passed === two.passed ? undefined : 'depends';
  for (const [key, values] of one.values) {
    const others = two.values.get(key) ?? [];
    for (let i = 0; i < Math.min(values.length, others.length); i++) {
      const kind = kindOfValues(values[i], others[i], own);
      if (kind !== undefined && (found === undefined || RANK[kind] < RANK[found])) found = kind;
      // A loop that goes another way from here on says nothing more about this field.
      if (kind !== undefined) break;
    }
  }
  return found;
}

function kindOfValues(
  one: Value | undefined,
  two: Value | undefined,
  own: Own,
): LookKind | undefined {
  if (one === undefined && two === undefined) return undefined;
  if (one !== undefined && two !== undefined && equalValues(one, two)) return undefined;
  const isOwn =
    (isSame(one, own[0]) && isSame(two, own[1])) || (isSame(one, own[1]) && isSame(two, own[0]));
  if (isOwn) return 'reads';
  return typeof one === 'object' && one !== null ? 'holds' : 'depends';
}

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

const isSame = (a: Value | undefined, b: Value | undefined): boolean =>
  a === undefined || b === undefined ? a === b : equalValues(a, b);
