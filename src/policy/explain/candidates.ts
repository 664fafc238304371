/** Near misses as candidates: what differs, where the policy says so, and which field is to blame. */
import {
  type Definition,
  type Failure,
  isAtOrBelow,
  nearestFirst,
  type NearMiss,
  type OriginKey,
  RegoObject,
  type Seen,
  textOf,
  type Turn,
  type Way,
} from '#rego';
import type { Candidate, Difference, SourcePlace } from './explained.ts';
import { dataOrigin, documentName, fieldName, type FieldPath, fieldsOf } from './fields.ts';
import { type Find, findingOf } from './sentences.ts';
import { partsOf, placeOf, short } from './text.ts';

/** What sentences are made with besides the near miss. */
export interface Places {
  /** Finds the place of a constant of the policy in its text. */
  readonly locate: (path: readonly OriginKey[]) => SourcePlace | undefined;
  readonly find: Find;
}

/** Differences listed per candidate. */
const MAX_DIFFERENCES = 64;

export function candidatesOf({ definitions }: NearMiss, places: Places): readonly Candidate[] {
  const ways = definitions.flatMap((definition) =>
    isOpen(definition) ? definition.ways.map((way) => ({ way, definition })) : [],
  );
  ways.sort((a, b) => nearestFirst(a.way, b.way));
  return ways.map(({ way }) => candidate(way, places));
}

const isOpen = ({ held, rule }: Definition): boolean => !held && !rule.isDefault;

function candidate(way: Way, places: Places): Candidate {
  const found = differencesOf(way, [], places);
  const differences = blame(found.slice(0, MAX_DIFFERENCES));
  return {
    rule: way.rule.path.at(-1) ?? '',
    place: placeOf(way.rule.headSpan),
    iteration: way.turns.map(turnName).filter(Boolean).join(', ') || (ownName(way) ?? ''),
    differences,
    more: way.partial || found.length > differences.length,
  };
}

const NAMED = [
  /container[-_.]name"\]\s*==\s*"([^"]+)"/,
  /"([^"]+)"\s*==\s*[\w.]+\["[^"]*container[-_.]name"\]/,
] as const;

/**
 * The container that a rule without a loop is for: the name it compares with the request's, or the
 * constant by which it chose the rule below it, as in `container_ok("web") if {`.
 */
function ownName({ rule, failures }: Way): string | undefined {
  const text = textOf(rule.span);
  const compared = NAMED.map((pattern) => pattern.exec(text)?.[1]).find(Boolean);
  if (compared !== undefined) return `container ${JSON.stringify(compared)}`;
  for (const { ways } of failures) {
    const [nearest] = ways;
    if (nearest === undefined) continue;
    const inner = chosenBy(nearest) ?? ownName(nearest);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Kubernetes names containers with DNS labels. */
const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

function chosenBy({ rule: { args = [] } }: Way): string | undefined {
  for (const arg of args) {
    const value = arg.match === 'equal' && arg.expr.op === 'const' ? arg.expr.value : undefined;
    if (typeof value === 'string' && LABEL.test(value)) return `container ${short(value)}`;
  }
  return undefined;
}

/** `policy_data.containers[1] "web"`, or the element itself. */
function turnName({ over, key, value }: Turn): string {
  const document = dataOrigin(over);
  const named = value instanceof RegoObject ? value.get('name') : undefined;
  const label =
    named === undefined ? (value instanceof RegoObject ? '' : short(value, 40)) : short(named);
  const at = indexOf(over, key, value);
  const place =
    document === undefined || at === undefined ? '' : documentName([...document.path, at]);
  return [place, label].filter((part) => part !== '' && part !== 'undefined').join(' ');
}

function indexOf(
  { value: all }: Seen,
  key: Turn['key'],
  value: Turn['value'],
): OriginKey | undefined {
  if (typeof key === 'string' || typeof key === 'number') return key;
  const at = Array.isArray(all) && value !== undefined ? all.indexOf(value) : -1;
  return at < 0 ? undefined : at;
}

type Trail = readonly SourcePlace[];

function differencesOf(way: Way, trail: Trail, places: Places): readonly Difference[] {
  // What only follows from another failure is not told, unless nothing else is left.
  const telling = way.failures.filter(({ distance }) => distance > 0);
  const failures = telling.length === 0 ? way.failures.slice(0, 1) : telling;
  return failures.flatMap((failure) =>
    differencesIn(elementOf(failure, way) ?? failure, trail, places),
  );
}

/** Of a size that differs and the element too many, the element says more. */
function elementOf({ seen, fields: [size] }: Failure, way: Way): Failure | undefined {
  const isSize = seen?.op === 'compare' && seen.parts.some(({ name }) => name === 'count');
  if (!isSize || size === undefined) return undefined;
  return way.failures.find(
    ({ distance, fields: [element] }) =>
      distance === 0 && element !== undefined && isAtOrBelow(element, size),
  );
}

function differencesIn(failure: Failure, trail: Trail, places: Places): readonly Difference[] {
  const [nearest, ...others] = failure.ways;
  if (nearest === undefined) return [leaf(failure, trail, places)];
  const here = [...trail, placeOf(failure.seen?.span ?? failure.span)];
  const found = differencesOf(nearest, here, places);
  const equal = others.filter(({ distance }) => distance === nearest.distance);
  const [first] = found;
  const whole = wholeElement(failure, found);
  if (whole !== undefined && first !== undefined) {
    return [{ ...first, ...whole, alternatives: found }];
  }
  if (equal.length === 0 || found.length !== 1 || first === undefined)
    return withOthers(found, others, here, places);
  // Several ways are as near: what they have in common is the field.
  const alternatives = [nearest, ...others].flatMap((way) =>
    differencesOf(way, here, places).slice(0, 1),
  );
  const sameField = alternatives
    .slice(0, equal.length + 1)
    .every(({ field }) => field === first.field);
  if (!sameField || nearest.likeness > 0.5 || first.field === undefined) {
    return [{ ...first, alternatives: alternatives.slice(1) }];
  }
  const value = valueAt(failure, first.path);
  const words = `${value}is not allowed by ${calledBy(failure)}`;
  return [{ ...first, sentence: `${first.field}: ${words}`, alternatives }];
}

/**
 * An element of the request that a loop of the policy compares with several of its own: when even the
 * nearest differs in most, the element as a whole is what is not expected.
 */
function wholeElement(
  { seen, ways }: Failure,
  found: readonly Difference[],
): Pick<Difference, 'field' | 'path' | 'sentence' | 'wanted' | 'wantedName'> | undefined {
  const [nearest] = ways;
  const loops = ways.length > 1 && ways.every(({ turns }) => turns.length > 0);
  if (nearest === undefined || !loops || found.length < 2 || nearest.likeness > 0.5)
    return undefined;
  for (const part of seen?.parts ?? []) {
    const path = part.origins.find(({ root, exact }) => root === 'input' && exact)?.path;
    if (path === undefined || path.length < 2) continue;
    const isWhole = found.every((one) => one.path !== undefined && startsWith(one.path, path));
    if (!isWhole) continue;
    const field = fieldName(path);
    const [first, ...more] = found.map(({ sentence }) => sentence.slice(field.length));
    const rest = more.length === 0 ? '' : `, and ${String(more.length)} more`;
    const words = `not allowed by ${calledBy({ seen, ways })}; nearest ${first ?? ''}${rest}`;
    return {
      field,
      path,
      sentence: `${field}: ${words}`,
      wanted: undefined,
      wantedName: undefined,
    };
  }
  return undefined;
}

const startsWith = (path: FieldPath, prefix: FieldPath): boolean =>
  prefix.length < path.length && prefix.every((key, i) => key === path[i]);

const calledBy = ({ seen, ways }: Pick<Failure, 'seen' | 'ways'>): string =>
  ways[0]?.rule.path.at(-1) ?? seen?.name ?? 'the policy';

function valueAt({ seen }: Failure, path: FieldPath | undefined): string {
  const name = path && fieldName(path);
  const part = seen?.parts.find(({ origins }) =>
    origins.some(
      (origin) =>
        origin.root === 'input' &&
        origin.exact &&
        origin.isKey !== true &&
        fieldName(origin.path) === name,
    ),
  );
  return part?.value === undefined ? '' : `${short(part.value)} `;
}

function withOthers(
  found: readonly Difference[],
  others: readonly Way[],
  trail: Trail,
  places: Places,
): readonly Difference[] {
  const [first, ...rest] = found;
  if (first === undefined || others.length === 0) return found;
  const alternatives = others.flatMap((way) => differencesOf(way, trail, places).slice(0, 1));
  return [{ ...first, alternatives: [...first.alternatives, ...alternatives] }, ...rest];
}

function leaf(failure: Failure, trail: Trail, places: Places): Difference {
  const { path, words, wanted } = findingOf(failure, places.find);
  const { seen } = failure;
  const field = path === undefined ? undefined : fieldName(path);
  const document = wanted && dataOrigin(wanted);
  const place = placeOf(seen === undefined ? failure.span : seen.span);
  return {
    field,
    path,
    sentence: field === undefined ? words : `${field}: ${words}`,
    wanted: document && places.locate(document.path),
    wantedName: document && documentName(document.path),
    place,
    parts: seen === undefined ? [] : partsOf(seen),
    trail,
    alternatives: [],
    related: (seen === undefined ? [] : fieldsOf(seen)).map((one) => ({
      field: fieldName(one),
      path: one,
    })),
  };
}

/**
 * One field that every check looks at explains all of them: a sandbox id in each path, say. It is named
 * first; what the evaluation met first stays the first place.
 */
function blame(differences: readonly Difference[]): readonly Difference[] {
  const [first, ...rest] = differences;
  if (first === undefined || rest.length === 0) return differences;
  const others = new Set(rest.map(({ field }) => field));
  if (others.size === 1 && others.has(first.field)) return differences;
  const culprit = first.related.find(({ field }) =>
    rest.every(({ related }) => related.some((one) => one.field === field)),
  );
  if (culprit === undefined || culprit.field === first.field) return differences;
  const own = differences.find(({ field }) => field === culprit.field);
  if (own !== undefined) return [own, ...differences.filter((one) => one !== own)];
  const count = String(differences.length);
  const sentence = `${culprit.field}: ${count} checks look at it and fail; the first says ${first.sentence}`;
  return [{ ...first, ...culprit, sentence }, ...rest];
}
