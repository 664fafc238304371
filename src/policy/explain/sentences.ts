/**
 * What to say of one check that did not hold: the field of the request that it looks at and, in a few
 * words, what is wrong with it. A row per kind of expression; the last row fits everything.
 */
import {
  type Failure,
  nearestMember,
  RegoObject,
  RegoSet,
  type Seen,
  undefinedPart,
  type Value,
} from '#rego';
import type { Json } from '#wire';
import { firstDifference } from './compare-values.ts';
import {
  dataOrigin,
  documentName,
  fieldName,
  type FieldPath,
  fieldsOf,
  inputOrigin,
  isExactInput,
} from './fields.ts';
import { codeOf, jsonOf, list, short } from './text.ts';

export interface Finding {
  readonly path: FieldPath | undefined;
  /** What is wrong, without the field in front. */
  readonly words: string;
  /** The side that the policy demands, where it is a constant of the policy. */
  readonly wanted: Seen | undefined;
}

/** Finds a value in the request, at a place or below it. */
export type Find = (value: Json, below: FieldPath) => FieldPath | undefined;

type Rule = (seen: Seen, find: Find) => Finding | undefined;

const finding = (path: FieldPath | undefined, words: string, wanted?: Seen): Finding => ({
  path,
  words,
  wanted,
});

const pathOf = (seen: Seen): FieldPath | undefined => inputOrigin(seen)?.path;

/** The field of an expression: its own, or the most telling one of its parts. */
const anyPath = (seen: Seen): FieldPath | undefined =>
  isExactInput(seen) ? pathOf(seen) : (exactPart(seen) ?? fieldsOf(seen)[0] ?? pathOf(seen));

function exactPart(seen: Seen): FieldPath | undefined {
  for (const part of seen.parts) {
    const origin = inputOrigin(part);
    if (origin?.exact === true && origin.path.length > 0) return origin.path;
    const inner = exactPart(part);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** The value, after the expression where that is not a field itself. */
const subject = (seen: Seen): string =>
  isExactInput(seen) ? short(seen.value) : `${codeOf(seen)} ${short(seen.value)}`;

/** How a field's value is called where the check looks at something made from it. */
function called(seen: Seen): string {
  if (isExactInput(seen)) return '';
  const state = dataOrigin(seen);
  return `${state?.path[0] === 'pstate' ? documentName(state.path) : codeOf(seen)} is `;
}

const isCall = (seen: Seen | undefined, name: string): boolean =>
  seen?.op === 'builtin' && seen.name === name;

function sizeOf(value: Value | undefined): number | undefined {
  if (typeof value === 'string') return Array.from(value).length;
  if (Array.isArray(value)) return value.length;
  return value instanceof RegoObject || value instanceof RegoSet ? value.size : undefined;
}

const unitOf = (value: Value | undefined, count: number): string => {
  const unit =
    typeof value === 'string' ? 'character' : value instanceof RegoObject ? 'member' : 'item';
  return `${String(count)} ${unit}${count === 1 ? '' : 's'}`;
};

// Comparisons.

function comparison(seen: Seen, find: Find): Finding | undefined {
  const [left, right] = seen.parts;
  if (seen.op !== 'compare' || left === undefined || right === undefined) return undefined;
  const [given, wanted] = requestFirst(left, right);
  const flipped = given === right;
  return (
    counted(given, wanted, seen.name, find) ??
    (seen.name === '=='
      ? equality(given, wanted, find)
      : ordered(given, wanted, seen.name, flipped))
  );
}

/** The side that stands for the request in front. */
function requestFirst(left: Seen, right: Seen): readonly [Seen, Seen] {
  const rank = (side: Seen): number => {
    const origin = inputOrigin(side);
    if (origin === undefined) return anyPath(side) === undefined ? 0 : 1;
    return origin.exact ? 3 : 2;
  };
  return rank(right) > rank(left) ? [right, left] : [left, right];
}

/** `count(xs) == n`: too many or too few of them, and which. */
function counted(given: Seen, wanted: Seen, operator: string, find: Find): Finding | undefined {
  const [counts] = given.parts;
  if (!isCall(given, 'count') || counts === undefined) return undefined;
  const value = counts.value;
  const size = sizeOf(value);
  if (size === undefined) return undefined;
  if (wanted.value === 0 && operator === '==') return unwanted(counts, size, find);
  const path = isExactInput(counts) ? pathOf(counts) : anyPath(given);
  const other = typeof wanted.value === 'number' ? String(wanted.value) : short(wanted.value);
  const what = isExactInput(counts) ? unitOf(value, size) : `${codeOf(given)} is ${String(size)}`;
  const [otherCounts] = isCall(wanted, 'count') ? wanted.parts : [];
  if (otherCounts !== undefined && anyPath(otherCounts) !== undefined) {
    return finding(path, `${what}, ${codeOf(wanted)} is ${other}`, wanted);
  }
  const bound = operator === '==' ? '' : ` ${operator}`;
  return finding(path, `${what}, policy has${bound} ${other}`, otherCounts ?? wanted);
}

/** `count(xs) == 0`: whatever is in it should not be there. */
function unwanted(collection: Seen, size: number, find: Find): Finding | undefined {
  const { value } = collection;
  const path = isExactInput(collection) ? pathOf(collection) : undefined;
  if (path !== undefined) return finding(path, `${unitOf(value, size)}, policy has none`);
  const [, allowed] = collection.op === 'arithmetic' ? collection.parts : [];
  const members = value instanceof RegoSet ? value.members('regorus') : [];
  const [first] = members;
  const extra = first === undefined || allowed === undefined ? short(value) : short(first);
  const where = allowed === undefined ? '' : ` is not one of ${list(allowed.value)}`;
  const words = where === '' ? `${codeOf(collection)} is ${extra}, policy has none` : extra + where;
  return finding(placeOfMember(first, collection, find) ?? anyPath(collection), words, allowed);
}

/** Where in the request a computed member came from. */
function placeOfMember(member: Value | undefined, from: Seen, find: Find): FieldPath | undefined {
  if (member === undefined || typeof member === 'boolean' || member === null) return undefined;
  for (const path of fieldsOf(from)) {
    const found = find(jsonOf(member), path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function equality(given: Seen, wanted: Seen, find: Find): Finding {
  const path = anyPath(given);
  const both = given.value !== undefined && wanted.value !== undefined;
  const isComposite = typeof given.value === 'object' && typeof wanted.value === 'object';
  if (both && isComposite && given.value !== null && wanted.value !== null) {
    return (
      composites(given, wanted, find) ?? finding(path, `is not ${short(wanted.value)}`, wanted)
    );
  }
  return finding(
    path,
    `${called(given)}${short(given.value)} is not ${short(wanted.value)}`.replace(
      / is (.*) is not /s,
      ' is $1, not ',
    ),
    wanted,
  );
}

function composites(given: Seen, wanted: Seen, find: Find): Finding | undefined {
  if (given.value === undefined || wanted.value === undefined) return undefined;
  const difference = firstDifference(given.value, wanted.value);
  if (difference === undefined) return undefined;
  const base = anyPath(given);
  const exact = isExactInput(given);
  const below = exact ? difference.path : [];
  const name =
    exact || difference.path.length === 0
      ? ''
      : `${codeOf(given)} at ${fieldName(difference.path)}: `;
  const at = base === undefined ? undefined : [...base, ...below];
  switch (difference.kind) {
    case 'missing':
      return finding(
        Array.isArray(given.value) || given.value instanceof RegoSet ? base : at,
        `${name}${short(difference.wanted)} is missing`,
        wanted,
      );
    case 'extra': {
      const found = placeOfMember(difference.given, given, find);
      return finding(
        found ?? at,
        `${name}${short(difference.given)} is not in the policy's ${short(wanted.value)}`,
        wanted,
      );
    }
    default:
      return finding(
        at,
        `${name}${short(difference.given)} is not ${short(difference.wanted)}`,
        wanted,
      );
  }
}

const MIRRORED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function ordered(given: Seen, wanted: Seen, operator: string, flipped: boolean): Finding {
  const path = anyPath(given);
  const value = short(given.value);
  if (operator === '!=')
    return finding(path, `${called(given)}${value}, which the policy refuses`, wanted);
  const sign = flipped ? (MIRRORED[operator] ?? operator) : operator;
  return finding(
    path,
    `${called(given)}${value}, policy wants ${sign} ${short(wanted.value)}`,
    wanted,
  );
}

// Membership.

function membership(seen: Seen): Finding | undefined {
  if (seen.op !== 'member') return undefined;
  const collection = seen.parts.at(-1);
  const value = seen.parts.at(-2);
  if (collection === undefined || value === undefined) return undefined;
  if (anyPath(value) === undefined && anyPath(collection) !== undefined) {
    return finding(
      anyPath(collection),
      `${called(collection)}without ${short(value.value)}`,
      value,
    );
  }
  return finding(
    anyPath(value),
    `${subject(value)} is not one of ${list(collection.value)}${likeIt(value, collection)}`,
    collection,
  );
}

/** The member that was likely meant, where the list does not show it at a glance. */
function likeIt({ value }: Seen, collection: Seen): string {
  const size = sizeOf(collection.value) ?? 0;
  const nearest = nearestMember(value, collection.value);
  if (size < 4 || nearest === undefined || nearest.likeness < 0.5) return '';
  return `, nearest ${short(nearest.member)}`;
}

// Builtins that answer yes or no.

interface Test {
  /** Operand that stands for the request, and the other. */
  readonly given: number;
  readonly wanted: number | undefined;
  readonly no: string;
  readonly yes: string;
}

const pair = (no: string, yes: string): Test => ({ given: 0, wanted: 1, no, yes });
const alone = (no: string, yes: string): Test => ({ given: 0, wanted: undefined, no, yes });

const TESTS: Readonly<Record<string, Test>> = {
  startswith: pair('does not start with', 'starts with'),
  endswith: pair('does not end with', 'ends with'),
  contains: pair('does not contain', 'contains'),
  'strings.any_prefix_match': pair('does not start with any of', 'starts with one of'),
  'strings.any_suffix_match': pair('does not end with any of', 'ends with one of'),
  'regex.match': { given: 1, wanted: 0, no: 'does not match', yes: 'matches' },
  is_null: alone('is not null', 'is null'),
  is_string: alone('is not a string', 'is a string'),
  is_number: alone('is not a number', 'is a number'),
  is_boolean: alone('is not a boolean', 'is a boolean'),
  is_array: alone('is not an array', 'is an array'),
  is_object: alone('is not an object', 'is an object'),
  is_set: alone('is not a set', 'is a set'),
};

function test(seen: Seen, isNegated: boolean): Finding | undefined {
  const row =
    seen.op === 'builtin' && Object.hasOwn(TESTS, seen.name) ? TESTS[seen.name] : undefined;
  if (row === undefined) return undefined;
  const given = seen.parts[row.given];
  const wanted = row.wanted === undefined ? undefined : seen.parts[row.wanted];
  if (given === undefined) return undefined;
  const verb = isNegated ? row.yes : row.no;
  const operand = wanted === undefined ? '' : ` ${pattern(seen, wanted)}`;
  const refused = isNegated ? ', which the policy refuses' : '';
  const blamed = anyPath(given) === undefined && wanted !== undefined ? wanted : given;
  return finding(anyPath(blamed), `${subject(given)} ${verb}${operand}${refused}`, wanted);
}

/** The other operand; where that is a field, too, its name. */
function pattern(test: Seen, wanted: Seen): string {
  const { value } = wanted;
  const text = test.name === 'regex.match' && typeof value === 'string' ? value : short(value);
  const path = pathOf(wanted);
  return isExactInput(wanted) && path !== undefined ? `${fieldName(path)} ${text}` : text;
}

// What is left.

function missing(seen: Seen): Finding | undefined {
  const part = undefinedPart(seen);
  if (part === undefined) return undefined;
  const path = anyPath(part);
  if (isExactInput(part)) return finding(path, 'is missing');
  const document = dataOrigin(part);
  if (document !== undefined) {
    const [root] = document.path;
    const key = part.parts.at(-1);
    if (path !== undefined && key !== undefined && pathOf(key) === path) {
      return finding(path, `not in ${documentName(document.path.slice(0, -1))}`);
    }
    const where = root === 'pstate' ? 'is not in the state' : 'does not exist';
    return finding(path, `${documentName(document.path)} ${where}`);
  }
  const given = exactValue(part);
  const value = given === undefined ? '' : `${short(given)}, `;
  return finding(path, `${value}${codeOf(part)} has no value`);
}

/** The value in the request that an expression is computed from. */
function exactValue(seen: Seen): Value | undefined {
  for (const part of seen.parts) {
    const own = inputOrigin(part)?.exact === true ? part.value : exactValue(part);
    if (own !== undefined) return own;
  }
  return undefined;
}

function anything(seen: Seen): Finding {
  const document = dataOrigin(seen);
  const name =
    document === undefined || anyPath(seen) !== undefined
      ? codeOf(seen)
      : documentName(document.path);
  const path = anyPath(seen);
  if (path !== undefined && isExactInput(seen)) return finding(path, `is ${short(seen.value)}`);
  return finding(path, `${name} is ${short(seen.value)}`);
}

const RULES: readonly Rule[] = [comparison, membership, (seen) => test(seen, false), anything];

function negation(seen: Seen): Finding {
  const member = seen.op === 'member' ? seen.parts.at(-2) : undefined;
  if (member !== undefined) {
    const collection = seen.parts.at(-1);
    const words = `${subject(member)} is one of ${list(collection?.value)}, which the policy refuses`;
    return finding(anyPath(member) ?? (collection && anyPath(collection)), words, collection);
  }
  const known = test(seen, true);
  if (known !== undefined) return known;
  return finding(anyPath(seen), `${codeOf(seen)} holds, and the policy wants it not to`);
}

/** What one failure says, without what lies below it. */
export function findingOf({ kind, seen, text, span }: Failure, find: Find): Finding {
  if (kind === 'fault') return finding(seen && anyPath(seen), `cannot be evaluated: ${text ?? ''}`);
  if (seen === undefined) return finding(undefined, `${codeOf({ span })} does not hold`);
  switch (kind) {
    case 'negated':
      return negation(seen);
    case 'nothing':
      return nothing(seen);
    case 'mismatch':
      return finding(
        anyPath(seen),
        `${short(seen.value)} has another form than ${codeOf({ span })}`,
      );
    case 'undefined':
    case 'no-way':
      return missing(seen) ?? anything(seen);
    case 'false':
      for (const rule of RULES) {
        const found = rule(seen, find);
        if (found !== undefined) return found;
      }
      return anything(seen);
  }
}

function nothing(seen: Seen): Finding {
  const size = sizeOf(seen.value);
  if (seen.value === undefined) return missing(seen) ?? anything(seen);
  const document = dataOrigin(seen);
  const name = document === undefined ? codeOf(seen) : documentName(document.path);
  const path = anyPath(seen);
  if (size === 0) return finding(path, path === undefined ? `${name} is empty` : 'is empty', seen);
  if (size === undefined) return finding(path, `${short(seen.value)} is no collection`, seen);
  return finding(path, `${name} has nothing that fits`, seen);
}
