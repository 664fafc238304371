/**
 * Which definitions of a name can hold at all, told from the value of a reference that each compares
 * with constants. A definition is filed only under a test that it reaches without any effect: what comes
 * before can neither print nor fail nor call, so leaving the definition out cannot be noticed.
 */
import { Decimal } from '../decimal.ts';
import { keyOf } from '../order.ts';
import { isArray, RegoSet, type Value } from '../value.ts';
import type { PlanBranch, PlanDoc, PlanExpr, PlanPattern, PlanRule, PlanStep } from './plan.ts';

/** What indexing asks of the policy as a whole. */
export interface IndexUnit {
  /** True when no rule has a say in what is at a path of constants under `data`. */
  isBase(doc: PlanDoc): boolean;
}

/** Values that are equal exactly when they are the same here. */
export type Scalar = string | number | boolean | null;

export interface IndexRef {
  /** The operand of a function, or an expression without variables. */
  readonly from: number | PlanExpr;
  /** Keys under an operand; those of an expression are part of it. */
  readonly keys: readonly Value[];
  readonly text: string;
}

export interface IndexTable {
  readonly ref: IndexRef;
  /** Positions of definitions, ascending. */
  readonly cases: ReadonlyMap<Scalar, readonly number[]>;
}

export interface RuleIndex {
  readonly tables: readonly IndexTable[];
  /** Definitions that every lookup gives, ascending. */
  readonly always: readonly number[];
}

/** Fewer are tried as fast as they are looked up. */
const MIN_INDEXED = 4;
/** A table of one definition saves nothing. */
const MIN_IN_TABLE = 2;

/** Undefined for what is not filed: fractions, integers beyond 2^53, collections. */
export function scalarOf(value: Value | undefined): Scalar | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isSafeInteger(value) ? value : undefined;
    case 'bigint':
      return scalarOf(Number(value));
    default:
      if (value === null) return null;
      return value instanceof Decimal ? scalarOf(value.asInteger()) : undefined;
  }
}

interface Test {
  readonly ref: IndexRef;
  readonly constants: ReadonlySet<Scalar>;
}

/** By the text of the reference. */
type Tests = Map<string, Test>;

export function indexRules(rules: readonly PlanRule[], unit: IndexUnit): RuleIndex | undefined {
  const tests = rules.map((rule) => new Reader(rule, unit).tests());
  const chosen = choose(tests);
  const always: number[] = [];
  const tables = new Map<string, { ref: IndexRef; cases: Map<Scalar, number[]> }>();
  chosen.forEach((test, position) => {
    if (test === undefined) {
      always.push(position);
      return;
    }
    const { ref, constants } = test;
    const table = tables.get(ref.text) ?? { ref, cases: new Map<Scalar, number[]>() };
    tables.set(ref.text, table);
    for (const constant of constants) {
      const found = table.cases.get(constant);
      if (found === undefined) table.cases.set(constant, [position]);
      else found.push(position);
    }
  });
  if (rules.length - always.length < MIN_INDEXED) return undefined;
  return { tables: [...tables.values()], always };
}

/** For each definition the test that tells most of them apart, unless it is alone with it. */
function choose(all: readonly Tests[]): readonly (Test | undefined)[] {
  const distinct = new Map<string, Set<Scalar>>();
  for (const tests of all) {
    for (const { ref, constants } of tests.values()) {
      const values = distinct.get(ref.text) ?? new Set();
      for (const constant of constants) values.add(constant);
      distinct.set(ref.text, values);
    }
  }
  const weight = ({ ref }: Test): number => distinct.get(ref.text)?.size ?? 0;
  const best = all.map((tests) => {
    const [first, ...others] = tests.values();
    return others.reduce((a, b) => (a !== undefined && weight(b) > weight(a) ? b : a), first);
  });
  const uses = new Map<string, number>();
  for (const test of best) {
    if (test !== undefined) uses.set(test.ref.text, (uses.get(test.ref.text) ?? 0) + 1);
  }
  return best.map((test) =>
    test !== undefined && (uses.get(test.ref.text) ?? 0) >= MIN_IN_TABLE ? test : undefined,
  );
}

/** Finds what one definition tests before anything else can happen. */
class Reader {
  readonly #rule: PlanRule;
  readonly #unit: IndexUnit;
  /** Positions of operands by the slot that holds them. */
  readonly #operands = new Map<number, number>();

  constructor(rule: PlanRule, unit: IndexUnit) {
    this.#rule = rule;
    this.#unit = unit;
  }

  /** What must be so for any branch to hold. */
  tests(): Tests {
    const own: Tests = new Map();
    for (const [position, pattern] of (this.#rule.args ?? []).entries()) {
      if (!this.#isTotalPattern(pattern)) return own;
      if (pattern.match === 'bind') this.#operands.set(pattern.slot, position);
      if (pattern.match === 'equal' && pattern.expr.op === 'const') {
        const ref = { from: position, keys: [], text: operandText(position) };
        this.#note(own, ref, [pattern.expr.value]);
      }
    }
    const [first, ...others] = this.#rule.branches.map((branch) => this.#branch(branch));
    const inAll = others.reduce<Tests | undefined>((a, b) => a && either(a, b), first) ?? own;
    for (const [text, test] of inAll) if (!own.has(text)) own.set(text, test);
    return own;
  }

  #branch({ body }: PlanBranch): Tests {
    const tests: Tests = new Map();
    for (const step of body.flatMap(({ steps }) => steps)) {
      if (!this.#isTotalStep(step)) break;
      if (step.op === 'test') this.#test(tests, step.expr);
      else if (step.op === 'match' && step.pattern.match === 'equal') {
        this.#equal(tests, step.expr, step.pattern.expr);
      }
    }
    return tests;
  }

  #test(tests: Tests, expr: PlanExpr): void {
    if (expr.op === 'compare' && expr.operator === '==') {
      this.#equal(tests, expr.left, expr.right);
    } else if (expr.op === 'member' && expr.key === undefined) {
      const ref = this.#ref(expr.value);
      const wanted = expr.collection.op === 'const' ? membersOf(expr.collection.value) : undefined;
      if (ref !== undefined && wanted !== undefined) this.#note(tests, ref, wanted);
    }
  }

  #equal(tests: Tests, left: PlanExpr, right: PlanExpr): void {
    const [constant, other] = left.op === 'const' ? [left, right] : [right, left];
    const ref = this.#ref(other);
    if (ref !== undefined && constant.op === 'const') this.#note(tests, ref, [constant.value]);
  }

  #note(tests: Tests, ref: IndexRef, wanted: readonly Value[]): void {
    const constants = new Set<Scalar>();
    for (const value of wanted) {
      const constant = scalarOf(value);
      if (constant === undefined) return;
      constants.add(constant);
    }
    if (!tests.has(ref.text)) tests.set(ref.text, { ref, constants });
  }

  /** A reference that reads the same in every definition. */
  #ref(expr: PlanExpr): IndexRef | undefined {
    switch (expr.op) {
      case 'input':
        return { from: expr, keys: [], text: 'input' };
      case 'doc': {
        const keys = expr.keys.flatMap((key) => (key.op === 'const' ? [key.value] : []));
        return { from: expr, keys: [], text: keys.reduce(under, 'data') };
      }
      case 'local': {
        const position = this.#operands.get(expr.slot);
        if (position === undefined) return undefined;
        return { from: position, keys: [], text: operandText(position) };
      }
      case 'get': {
        const base = expr.key.op === 'const' ? this.#ref(expr.base) : undefined;
        if (base === undefined || expr.key.op !== 'const') return undefined;
        const { value } = expr.key;
        const text = under(base.text, value);
        return typeof base.from === 'number'
          ? { from: base.from, keys: [...base.keys, value], text }
          : { from: expr, keys: [], text };
      }
      default:
        return undefined;
    }
  }

  #isTotalStep(step: PlanStep): boolean {
    switch (step.op) {
      case 'test':
      case 'bind':
        return this.#isTotal(step.expr);
      case 'match':
        return this.#isTotal(step.expr) && this.#isTotalPattern(step.pattern);
      case 'not':
        return step.body.every(({ steps }) => steps.every((inner) => this.#isTotalStep(inner)));
      default:
        return false;
    }
  }

  /** Evaluated without a fault, a print, a call or a count. */
  #isTotal(expr: PlanExpr): boolean {
    const all = (parts: readonly PlanExpr[]): boolean => parts.every((part) => this.#isTotal(part));
    switch (expr.op) {
      case 'const':
      case 'local':
      case 'input':
        return true;
      case 'doc':
        return this.#unit.isBase(expr);
      case 'get':
        return all([expr.base, expr.key]);
      case 'array':
      case 'set':
        return all(expr.items);
      case 'object':
        return all([...expr.keys, ...expr.values]);
      case 'compare':
        return all([expr.left, expr.right]);
      case 'member':
        return all([...(expr.key === undefined ? [] : [expr.key]), expr.value, expr.collection]);
      default:
        return false;
    }
  }

  #isTotalPattern(pattern: PlanPattern): boolean {
    switch (pattern.match) {
      case 'any':
      case 'bind':
        return true;
      case 'equal':
        return this.#isTotal(pattern.expr);
      case 'array':
        return pattern.items.every((item) => this.#isTotalPattern(item));
      case 'object':
        return (
          pattern.keys.every((key) => this.#isTotal(key)) &&
          pattern.values.every((value) => this.#isTotalPattern(value))
        );
    }
  }
}

/** What `in` looks through, of a list or set. */
function membersOf(value: Value): readonly Value[] | undefined {
  if (isArray(value)) return value;
  return value instanceof RegoSet ? [...value.values()] : undefined;
}

const operandText = (position: number): string => `operand ${String(position + 1)}`;

const under = (text: string, key: Value): string =>
  `${text}[${typeof key === 'string' ? JSON.stringify(key) : keyOf(key)}]`;

/** Of two branches one may hold: the references both test, with the constants of either. */
function either(a: Tests, b: Tests): Tests {
  const both: Tests = new Map();
  for (const [text, { ref, constants }] of a) {
    const other = b.get(text);
    if (other === undefined) continue;
    both.set(text, { ref, constants: new Set([...constants, ...other.constants]) });
  }
  return both;
}
