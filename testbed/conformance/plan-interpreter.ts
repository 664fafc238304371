/**
 * A small interpreter of OPA's intermediate representation (plan.json), for comparing what OPA
 * planned with what katasim evaluates. Source: OPA 1.19, docs/docs/ir.md.
 *
 * A statement answers with `NEXT`, or with the number of enclosing blocks to leave beyond its own;
 * an undefined statement leaves its own block only, which is 0.
 */
import { planBuiltins } from './plan-builtins.ts';
import {
  elementsOf,
  lookUp,
  merge,
  PlanObject,
  PlanSet,
  type PlanValue,
  textOf,
  toPlanValue,
  upsert,
} from './plan-value.ts';

interface Operand {
  readonly type: 'local' | 'string_index' | 'bool';
  readonly value: number | boolean;
}

interface Block {
  readonly stmts: readonly { readonly type: string; readonly stmt: Statement }[] | null;
}

/** Fields of all kinds of statements together; a row reads those of its kind. */
interface Statement {
  readonly source: Operand | number;
  readonly target: number;
  readonly value: Operand | number;
  readonly key: Operand | number;
  readonly a: Operand | number;
  readonly b: Operand | number;
  readonly array: number;
  readonly set: number;
  readonly object: number;
  readonly Index: number;
  readonly index: number;
  readonly local: number;
  readonly path: readonly number[] | null;
  readonly block: Block;
  readonly blocks: readonly Block[];
  readonly func: string;
  readonly args: readonly Operand[];
  readonly result: number;
}

interface Func {
  readonly name: string;
  readonly params: readonly number[];
  readonly return: number;
  readonly blocks: readonly Block[];
}

export interface Plan {
  readonly static: { readonly strings: readonly { readonly value: string }[] };
  readonly plans: {
    readonly plans: readonly { readonly name: string; readonly blocks: readonly Block[] }[];
  };
  readonly funcs: { readonly funcs: readonly Func[] };
}

type Locals = Map<number, PlanValue>;
type Row = (run: Machine, stmt: Statement, locals: Locals) => number;

const NEXT = -1;
const UNDEFINED = 0;

class Machine {
  readonly results: PlanValue[] = [];
  memo = new Map<string, PlanValue | undefined>();
  private readonly plan: Plan;
  private readonly funcs: ReadonlyMap<string, Func>;

  constructor(plan: Plan) {
    this.plan = plan;
    this.funcs = new Map(plan.funcs.funcs.map((func) => [func.name, func]));
  }

  text(index: number): string {
    return this.plan.static.strings[index]?.value ?? '';
  }

  /** Source operands are written as an operand or, for some statements, as a bare local. */
  read(operand: Operand | number, locals: Locals): PlanValue | undefined {
    if (typeof operand === 'number') return locals.get(operand);
    if (operand.type === 'bool') return operand.value;
    if (operand.type === 'string_index') return this.text(operand.value as number);
    return locals.get(operand.value as number);
  }

  block(block: Block, locals: Locals): number {
    for (const { type, stmt } of block.stmts ?? []) {
      const row = rows[type];
      if (row === undefined) throw new Error(`plan: unknown statement ${type}`);
      const left = row(this, stmt, locals);
      if (left !== NEXT) return left;
    }
    return NEXT;
  }

  /** Answers with how many blocks beyond the list are to be left. */
  blocks(blocks: readonly Block[], locals: Locals): number {
    for (const block of blocks) {
      const left = this.block(block, locals);
      if (left > 0) return left - 1;
    }
    return NEXT;
  }

  call(name: string, operands: readonly PlanValue[]): PlanValue | undefined {
    const func = this.funcs.get(name);
    if (func === undefined) {
      const builtin = planBuiltins[name];
      if (builtin === undefined) throw new Error(`plan: unknown function ${name}`);
      return builtin(...operands);
    }
    const isRule = func.params.length === 2;
    if (isRule && this.memo.has(name)) return this.memo.get(name);
    const locals: Locals = new Map();
    func.params.forEach((param, i) => {
      const operand = operands[i];
      if (operand !== undefined) locals.set(param, operand);
    });
    this.blocks(func.blocks, locals);
    const value = locals.get(func.return);
    if (isRule) this.memo.set(name, value);
    return value;
  }
}

/** Stores and goes on, or is undefined. */
function store(locals: Locals, target: number, value: PlanValue | undefined): number {
  if (value === undefined) return UNDEFINED;
  locals.set(target, value);
  return NEXT;
}

function put(locals: Locals, target: number, value: PlanValue | undefined): void {
  if (value === undefined) locals.delete(target);
  else locals.set(target, value);
}

const holds = (condition: boolean): number => (condition ? NEXT : UNDEFINED);

const isA =
  (test: (value: PlanValue | undefined) => boolean): Row =>
  (run, { source }, locals) =>
    holds(test(run.read(source, locals)));

function compare(run: Machine, { a, b }: Statement, locals: Locals): boolean | undefined {
  const left = run.read(a, locals);
  const right = run.read(b, locals);
  return left === undefined || right === undefined ? undefined : textOf(left) === textOf(right);
}

const rows: Readonly<Record<string, Row>> = {
  NopStmt: () => NEXT,
  // A copy, also of what is undefined.
  AssignVarStmt(run, { source, target }, locals) {
    put(locals, target, run.read(source, locals));
    return NEXT;
  },
  AssignVarOnceStmt(run, { source, target }, locals) {
    const value = run.read(source, locals);
    const old = locals.get(target);
    if (value !== undefined && old !== undefined && textOf(old) !== textOf(value)) {
      throw new Error('plan: var assignment conflict');
    }
    return store(locals, target, value);
  },
  AssignIntStmt: (_run, { value, target }, locals) => store(locals, target, value as number),
  ResetLocalStmt(_run, { target }, locals) {
    locals.delete(target);
    return NEXT;
  },
  MakeNullStmt: (_run, { target }, locals) => store(locals, target, null),
  MakeNumberIntStmt: (_run, { value, target }, locals) => store(locals, target, value as number),
  MakeNumberRefStmt: (run, { Index, target }, locals) =>
    store(locals, target, Number(run.text(Index))),
  MakeArrayStmt: (_run, { target }, locals) => store(locals, target, []),
  MakeObjectStmt: (_run, { target }, locals) => store(locals, target, new PlanObject()),
  MakeSetStmt: (_run, { target }, locals) => store(locals, target, new PlanSet()),
  ArrayAppendStmt(run, { value, array }, locals) {
    const item = run.read(value, locals);
    const items = locals.get(array);
    return item === undefined || !Array.isArray(items)
      ? UNDEFINED
      : store(locals, array, [...(items as readonly PlanValue[]), item]);
  },
  SetAddStmt(run, { value, set }, locals) {
    const member = run.read(value, locals);
    const members = locals.get(set);
    if (member === undefined || !(members instanceof PlanSet)) return UNDEFINED;
    members.members.set(textOf(member), member);
    return NEXT;
  },
  ObjectInsertStmt: (run, stmt, locals) => insert(run, stmt, locals, false),
  ObjectInsertOnceStmt: (run, stmt, locals) => insert(run, stmt, locals, true),
  ObjectMergeStmt(run, { a, b, target }, locals) {
    const left = run.read(a, locals);
    const right = run.read(b, locals);
    if (left === undefined || right === undefined) return UNDEFINED;
    // The left operand is what the rules say, the right one the base document below them.
    return store(locals, target, merge(right, left));
  },
  DotStmt(run, { source, key, target }, locals) {
    const value = run.read(source, locals);
    const part = run.read(key, locals);
    if (value === undefined || part === undefined) return UNDEFINED;
    return store(locals, target, lookUp(value, part));
  },
  LenStmt(run, { source, target }, locals) {
    const value = run.read(source, locals);
    return value === undefined ? UNDEFINED : store(locals, target, [...elementsOf(value)].length);
  },
  ScanStmt(run, { source, key, value, block }, locals) {
    const collection = run.read(source, locals);
    if (collection === undefined) return UNDEFINED;
    for (const [k, v] of elementsOf(collection)) {
      locals.set(key as number, k);
      locals.set(value as number, v);
      const left = run.block(block, locals);
      if (left > 0) return left - 1;
    }
    return NEXT;
  },
  EqualStmt: (run, stmt, locals) => holds(compare(run, stmt, locals) === true),
  NotEqualStmt: (run, stmt, locals) => holds(compare(run, stmt, locals) === false),
  IsArrayStmt: isA((value) => Array.isArray(value)),
  IsObjectStmt: isA((value) => value instanceof PlanObject),
  IsSetStmt: isA((value) => value instanceof PlanSet),
  IsDefinedStmt: isA((value) => value !== undefined),
  IsUndefinedStmt: isA((value) => value === undefined),
  NotStmt(run, { block }, locals) {
    const left = run.block(block, locals);
    return left === NEXT ? UNDEFINED : left === 0 ? NEXT : left - 1;
  },
  BlockStmt: (run, { blocks }, locals) => run.blocks(blocks, locals),
  BreakStmt: (_run, { index }) => index,
  CallStmt(run, { func, args, result }, locals) {
    const operands: PlanValue[] = [];
    for (const [i, arg] of args.entries()) {
      const operand = run.read(arg, locals);
      // Input and data, the first two, may be undefined; anything else ends the call.
      if (operand === undefined && i > 1) return UNDEFINED;
      operands[i] = operand as PlanValue;
    }
    return store(locals, result, run.call(func, operands));
  },
  // Everything after a return is another block's business: the value is in its local already.
  ReturnLocalStmt: () => Number.MAX_SAFE_INTEGER,
  WithStmt(run, { local, path, value, block }, locals) {
    const replacement = run.read(value, locals);
    const keys = (path ?? []).map((index) => run.text(index));
    const saved = locals.get(local);
    const memo = run.memo;
    run.memo = new Map();
    // Undefined comes back this way after a literal that had an input of its own.
    const isWhole = keys.length === 0 || replacement === undefined;
    put(locals, local, isWhole ? replacement : upsert(saved, keys, replacement));
    const left = run.block(block, locals);
    run.memo = memo;
    put(locals, local, saved);
    return left > 0 ? left - 1 : left;
  },
  ResultSetAddStmt(run, { value }, locals) {
    const result = run.read(value, locals);
    if (result !== undefined) run.results.push(result);
    return NEXT;
  },
};

function insert(run: Machine, stmt: Statement, locals: Locals, once: boolean): number {
  const key = run.read(stmt.key, locals);
  const value = run.read(stmt.value, locals);
  const object = locals.get(stmt.object);
  if (key === undefined || value === undefined || !(object instanceof PlanObject)) return UNDEFINED;
  const old = once ? object.get(key) : undefined;
  if (old !== undefined && textOf(old) !== textOf(value))
    throw new Error('plan: object insert conflict');
  object.put(key, value);
  return NEXT;
}

/** The results of one plan: objects with the key `result`. */
export function runPlan(plan: Plan, name: string, input: unknown, data: unknown): PlanValue[] {
  const entry = plan.plans.plans.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`plan: no entrypoint ${name}`);
  const machine = new Machine(plan);
  const locals: Locals = new Map([[1, toPlanValue(data)]]);
  if (input !== undefined) locals.set(0, toPlanValue(input));
  machine.blocks(entry.blocks, locals);
  return machine.results;
}
