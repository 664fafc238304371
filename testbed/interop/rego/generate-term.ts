/** Terms for generated modules: scalars, references, collections, comprehensions, operators, calls. */
import type { Tape } from './tape.ts';
import { bodyText } from './generate-body.ts';

/** What an engine may refuse; each kind is left out of most modules. */
export const HAZARDS = ['wildcard', 'shadow', 'with', 'unbound'] as const;

export type Hazard = (typeof HAZARDS)[number];

/** What may be named at this point; `vars` grows as a body is made. */
export interface Scope {
  vars: string[];
  readonly rules: readonly string[];
  readonly functions: readonly string[];
  fresh: number;
  readonly hazards: ReadonlySet<Hazard>;
  /** The imports of the neighbour package are there. */
  readonly aliases: boolean;
  readonly style: 'v1' | 'v0';
}

/** Calls by the kinds of their operands: s string, n number, a array, c collection, o object, t set, * any. */
const CALLS: readonly [string, ...string[]] = [
  'count c',
  'sum a',
  'max c',
  'min c',
  'sort c',
  'abs n',
  'round n',
  'ceil n',
  'floor n',
  'product a',
  'concat s c',
  'contains s s',
  'startswith s s',
  'endswith s s',
  'indexof s s',
  'lower s',
  'upper s',
  'replace s s s',
  'split s s',
  'substring s n n',
  'trim s s',
  'trim_prefix s s',
  'trim_space s',
  'strings.reverse s',
  'sprintf s a',
  'format_int n n',
  'array.concat a a',
  'array.slice a n n',
  'array.reverse a',
  'object.get o s *',
  'object.keys o',
  'object.remove o c',
  'object.filter o c',
  'object.union o o',
  'json.marshal *',
  'json.unmarshal s',
  'is_string *',
  'is_number *',
  'is_object *',
  'is_set *',
  'is_null *',
  'type_name *',
  'to_number s',
  'numbers.range n n',
  'bits.and n n',
  'bits.xor n n',
  'regex.match s s',
  'regex.find_n s s n',
  'regex.split s s',
  'regex.replace s s s',
  'base64.encode s',
  'union t',
  'intersection t',
];

const STRINGS: readonly [string, ...string[]] = [
  '"a"',
  '"ab"',
  '"x-1"',
  '""',
  '"a,b"',
  '"^a+"',
  '"[a-z]"',
  '"%v %d"',
  '"12"',
  '"é"',
  '`r\\w`',
];

const NUMBERS: readonly [string, ...string[]] = [
  '0',
  '1',
  '2',
  '-1',
  '3',
  '10',
  '1.5',
  '1.0',
  '0.1',
];

const REFS: readonly [string, ...string[]] = [
  'input.a',
  'input.b',
  'input.c',
  'input.a[0]',
  'input.b.c',
  'input.d["a"]',
  'data.d.a',
  'data.d.b',
  'input.missing',
  'input',
];

const ITERATED: readonly [string, ...string[]] = [
  'input.a[_]',
  'data.d.a[_]',
  'input[_]',
  'data.d[_]',
];

const ALIASED: readonly [string, ...string[]] = [
  'dd.a',
  'q.v',
  'q.v.b',
  'ia',
  'qg(1)',
  'q.h(2)',
  'q.s',
];

/** A pattern around a name, of which parts may be bound. */
export function pattern(tape: Tape, scope: Scope, name: string): string {
  const other = (): string => tape.pick(['_', '1', '"x"', scope.vars.at(-1) ?? '_']);
  switch (tape.below(7)) {
    case 0:
      return `[${name}, ${other()}]`;
    case 1:
      return `{"a": ${name}}`;
    case 2:
      return `[${other()}, ${name}]`;
    case 3:
      return `{"a": ${name}, "b": ${other()}}`;
    case 4:
      return `[[${name}], ${other()}]`;
    case 5:
      return `{"a": {"b": ${name}}}`;
    default:
      return name;
  }
}

/** Something to iterate over: mostly collections, whose contents no type checker can foresee. */
export function domain(tape: Tape, scope: Scope, depth: number): string {
  switch (tape.below(8)) {
    case 0:
    case 1:
    case 2:
      return tape.pick(REFS);
    case 3:
      return reference(tape, scope);
    case 4:
      return collection(tape, scope, Math.max(depth, 1), tape.pick(['a', 'o', 't']));
    case 5:
      return variable(tape, scope);
    case 6:
      return comprehension(tape, scope, Math.max(depth, 1));
    default:
      return term(tape, scope, depth);
  }
}

export function term(tape: Tape, scope: Scope, depth: number): string {
  if (scope.hazards.has('wildcard') && tape.chance(8)) return '_';
  if (scope.hazards.has('unbound') && tape.chance(24)) return tape.pick(['x1', 'x2', 'y', 'r9']);
  if (scope.aliases && tape.chance(16)) return tape.pick(ALIASED);
  if (scope.vars.length > 0 && tape.chance(3)) return variable(tape, scope);
  switch (tape.below(depth > 0 ? 15 : 6)) {
    case 0:
      return tape.pick(NUMBERS);
    case 1:
      return tape.pick(STRINGS);
    case 2:
      return tape.pick(['true', 'false', 'null']);
    case 3:
      return variable(tape, scope);
    case 4:
      return tape.chance(20) ? tape.pick(ITERATED) : tape.pick(REFS);
    case 5:
      return reference(tape, scope);
    case 6:
      return collection(tape, scope, depth, 'a');
    case 7:
      return collection(tape, scope, depth, 'o');
    case 8:
      return collection(tape, scope, depth, 't');
    case 9:
      return comprehension(tape, scope, depth);
    case 10:
      return arithmetic(tape, scope, depth);
    case 11:
      return `(${setOperand(tape, scope, depth)} ${tape.pick(['&', '|', '-'])} ${setOperand(tape, scope, depth)})`;
    case 12:
      return userCall(tape, scope, depth);
    case 13:
      return `(${term(tape, scope, depth - 1)} in ${term(tape, scope, depth - 1)})`;
    default:
      return call(tape, scope, depth);
  }
}

function variable(tape: Tape, scope: Scope): string {
  const [first, ...rest] = scope.vars;
  if (first === undefined) return tape.pick(REFS);
  const name = tape.pick([first, ...rest]);
  return tape.chance(4) ? `${name}${tape.pick(['.a', '[0]', '["b"]'])}` : name;
}

function reference(tape: Tape, scope: Scope): string {
  const [first, ...rest] = scope.rules;
  if (first === undefined) return tape.pick(REFS);
  const name = tape.pick([first, ...rest]);
  return tape.pick([name, name, `${name}.a`, `data.p.${name}`]);
}

function collection(tape: Tape, scope: Scope, depth: number, kind: 'a' | 'o' | 't'): string {
  const item = (): string => term(tape, scope, depth - 1);
  if (kind === 'a') return `[${tape.several(0, 3, item).join(', ')}]`;
  if (kind === 't') {
    const members = tape.several(0, 3, item);
    return members.length === 0 ? 'set()' : `{${members.join(', ')}}`;
  }
  const entries = tape.several(
    0,
    3,
    (i) => `${tape.chance(5) ? item() : `"${'abc'[i] ?? 'a'}"`}: ${item()}`,
  );
  return `{${entries.join(', ')}}`;
}

function comprehension(tape: Tape, scope: Scope, depth: number): string {
  const own: Scope = { ...scope, vars: [...scope.vars], fresh: scope.fresh + 20 };
  const body = bodyText(tape, own, depth - 1);
  const value = term(tape, own, 0);
  switch (tape.below(3)) {
    case 0:
      return `[${value} |\n${body}\n]`;
    case 1:
      return `{${value} |\n${body}\n}`;
    default:
      return `{${term(tape, own, 0)}: ${value} |\n${body}\n}`;
  }
}

function arithmetic(tape: Tape, scope: Scope, depth: number): string {
  const operand = (): string =>
    tape.chance(12) ? term(tape, scope, depth - 1) : operandOf('n', tape, scope, depth);
  return `(${operand()} ${tape.pick(['+', '-', '*', '/', '%'])} ${operand()})`;
}

function setOperand(tape: Tape, scope: Scope, depth: number): string {
  return tape.chance(20) ? term(tape, scope, depth - 1) : collection(tape, scope, depth, 't');
}

function userCall(tape: Tape, scope: Scope, depth: number): string {
  const [first, ...rest] = scope.functions;
  if (first === undefined) return call(tape, scope, depth);
  return `${tape.pick([first, ...rest])}(${term(tape, scope, depth - 1)})`;
}

function call(tape: Tape, scope: Scope, depth: number): string {
  const [name = 'count', ...kinds] = tape.pick(CALLS).split(' ');
  // Now and then an operand of another kind: what a builtin does then is part of its contract.
  const operands = kinds.map((kind) =>
    tape.chance(20) ? term(tape, scope, depth - 1) : operandOf(kind, tape, scope, depth),
  );
  return `${name}(${operands.join(', ')})`;
}

function operandOf(kind: string, tape: Tape, scope: Scope, depth: number): string {
  switch (kind) {
    case 's':
      return tape.pick(STRINGS);
    case 'n':
      return tape.pick(NUMBERS);
    case 'a':
    case 'o':
    case 't':
      return collection(tape, scope, depth, kind);
    case 'c':
      return collection(tape, scope, depth, tape.pick(['a', 't']));
    default:
      return term(tape, scope, depth - 1);
  }
}
