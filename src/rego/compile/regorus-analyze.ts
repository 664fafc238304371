/**
 * The order of every body of a rule, and what ends the preparation, as regorus finds them by the names
 * of the source. Statements keep source order unless they must wait for a variable.
 * Source: regorus src/scheduler.rs.
 */
import type { Body, ComprehensionTerm, Literal, Rule, Term, VarTerm } from '../ast.ts';
import { regorusMessage, regorusPosition } from '../position.ts';
import type { Span } from '../source.ts';
import { isArray } from '../value.ts';
import { at as element } from '../at.ts';
import { regorusOffset } from './regorus-offset.ts';
import { RegorusRefusal } from './regorus-refusal.ts';
import {
  eachPatternVariable,
  gatherAssigned,
  gatherBody,
  NameScope,
  traverse,
} from './regorus-scope.ts';
import { type Definition, orderStatements } from './schedule-order.ts';

export interface AnalyzeOptions {
  /** Rules of the package and imports of its modules. */
  readonly globals: NameScope;
  /** The operand count of a callee as it is written. */
  readonly arity: (name: string) => number | undefined;
  /** Comprehensions in a head are prepared. Before 0.14 they are forgotten when there is a body. */
  readonly schedulesHeads: boolean;
}

interface Uses {
  readonly names: string[];
  readonly closures: ComprehensionTerm[];
}

/** A body being analysed. */
interface Frame {
  readonly scope: NameScope;
  readonly firstUse: Map<string, Span>;
}

export class RuleAnalyzer {
  readonly orders = new Map<Body, readonly number[]>();
  /** Comprehensions that can be evaluated. */
  readonly scheduled = new Set<ComprehensionTerm>();
  readonly #options: AnalyzeOptions;
  readonly #outer: NameScope[];

  constructor(options: AnalyzeOptions) {
    this.#options = options;
    this.#outer = [options.globals];
  }

  rule({ head, body, else: first, default: isDefault }: Rule): void {
    const args = new NameScope();
    for (const arg of head.args ?? []) {
      traverse(arg, (term) => {
        if (term.kind === 'var') args.unscoped.add(term.name);
        return true;
      });
    }
    const heads = [head.key, head.value].filter((term) => term !== undefined);
    if (isDefault || (body === undefined && first === undefined)) {
      if (!isDefault) this.#outer.push(args);
      const { key, value } = head;
      const own = this.#options.schedulesHeads ? [key, value] : [value];
      for (const term of own) if (term !== undefined) this.#head(term);
      return;
    }
    this.#outer.push(args);
    if (body !== undefined) this.#body(body, heads);
    for (let branch = first; branch !== undefined; branch = branch.else) {
      const own = branch.value === undefined ? [] : [branch.value];
      if (branch.body !== undefined) {
        this.#body(branch.body, this.#options.schedulesHeads ? own : heads);
      }
    }
  }

  /** Comprehensions of a term that is evaluated on its own. */
  #head(term: Term): NameScope {
    const found = new NameScope();
    for (const closure of closuresOf(term)) {
      for (const name of this.#closure(closure).inputs) found.inputs.add(name);
    }
    return found;
  }

  #closure(closure: ComprehensionTerm): NameScope {
    const heads = closure.key === undefined ? [closure.value] : [closure.key, closure.value];
    this.scheduled.add(closure);
    return this.#body(closure.body, heads);
  }

  #body(body: Body, heads: readonly Term[]): NameScope {
    const scope = gatherBody(body, heads, this.#outer, (term) => this.#output(term));
    const frame: Frame = { scope, firstUse: new Map() };
    const statements = body.map((literal) => this.#literal(literal, frame));
    this.orders.set(body, orderStatements(statements));
    if (this.#options.schedulesHeads) {
      for (const head of heads) this.#outputExpression(head, scope);
    }
    return scope;
  }

  /** Output expressions are evaluated after the body and see its names. */
  #outputExpression(head: Term, scope: NameScope): void {
    const inner = scope.clone();
    for (const name of scope.locals.keys()) inner.unscoped.add(name);
    this.#outer.push(inner);
    const { inputs } = this.#head(head);
    this.#outer.pop();
    for (const name of inputs) if (!scope.has(name)) scope.inputs.add(name);
  }

  /** The operand beyond the declared ones, which the result of the call binds. */
  #output(term: Term): Term | undefined {
    if (term.kind !== 'call' || term.infix !== undefined || term.name === 'print') return undefined;
    return this.#options.arity(term.name) === term.args.length - 1 ? term.args.at(-1) : undefined;
  }

  #literal(literal: Literal, frame: Frame): readonly Definition[] {
    const definitions: Definition[] = [];
    const modifiers: Uses = { names: [], closures: [] };
    for (const { value } of literal.with) this.#used(value, frame, definitions, modifiers);
    switch (literal.kind) {
      case 'some':
        for (const variable of literal.vars) checkFirstUse(variable, frame);
        break;
      case 'some-in':
        this.#someIn(literal, frame, definitions, modifiers);
        break;
      case 'every':
        this.#every(literal, frame, definitions, modifiers);
        break;
      case 'expr': {
        const { term } = literal;
        const isAssign = term.kind === 'call' && (term.infix === ':=' || term.infix === '=');
        const [left, right] = isAssign ? term.args : [];
        if (isAssign && left !== undefined && right !== undefined) {
          const operator = term.infix === ':=' ? ':=' : '=';
          this.#assign(operator, left, right, frame, definitions, modifiers);
        } else {
          this.#expression(literal, frame, definitions, modifiers);
        }
        break;
      }
      case 'not-body':
    }
    if (definitions.length === 0) definitions.push({ name: '', uses: [] });
    return definitions;
  }

  #expression(
    { term, negated }: Extract<Literal, { kind: 'expr' }>,
    frame: Frame,
    definitions: Definition[],
    modifiers: Uses,
  ): void {
    const output = negated ? undefined : this.#output(term);
    const bound = new NameScope();
    if (output !== undefined) {
      gatherAssigned(output, false, this.#outer, bound);
      for (const name of bound.unscoped) frame.scope.unscoped.add(name);
    }
    const uses = this.#used(term, frame, definitions, undefined, bound.unscoped);
    const names = this.#withClosures(uses, modifiers, frame);
    if (bound.unscoped.size === 0) definitions.push({ name: '', uses: names });
    for (const name of bound.unscoped) definitions.push({ name, uses: names });
  }

  #every(
    { key, value, domain, body }: Extract<Literal, { kind: 'every' }>,
    frame: Frame,
    definitions: Definition[],
    modifiers: Uses,
  ): void {
    const uses = this.#used(domain, frame, definitions);
    definitions.push({ name: '', uses: this.#withClosures(uses, modifiers, frame) });
    const own = new NameScope();
    for (const variable of key === undefined ? [value] : [key, value]) {
      own.locals.set(variable.name, variable.span);
    }
    this.#outer.push(frame.scope.clone(), own);
    this.#body(body, []);
    this.#outer.splice(-2);
  }

  #someIn(
    { key, value, domain }: Extract<Literal, { kind: 'some-in' }>,
    frame: Frame,
    definitions: Definition[],
    modifiers: Uses,
  ): void {
    const variables: VarTerm[] = [];
    const compared: Term[] = [];
    for (const pattern of key === undefined ? [value] : [key, value]) {
      traverse(pattern, (term) => {
        if (term.kind === 'array' || term.kind === 'object') return true;
        if (term.kind === 'var' && frame.scope.locals.has(term.name)) variables.push(term);
        else if (term.kind !== 'var' || term.name !== 'input') compared.push(term);
        return false;
      });
    }
    const uses = this.#withClosures(this.#used(domain, frame, definitions), modifiers, frame);
    for (const { name } of variables) definitions.push({ name, uses });
    for (const { name, span } of variables) {
      if (!frame.firstUse.has(name)) frame.firstUse.set(name, span);
    }
    const others = compared.flatMap((term) =>
      this.#withClosures(this.#used(term, frame, []), undefined, frame),
    );
    definitions.push({ name: '', uses: others });
  }

  #assign(
    operator: ':=' | '=',
    left: Term,
    right: Term,
    frame: Frame,
    definitions: Definition[],
    modifiers: Uses,
  ): void {
    const sizes = [arraySize(left), arraySize(right)];
    if (sizes[0] !== undefined && sizes[1] !== undefined) {
      if (sizes[0] !== sizes[1]) {
        const text = 'mismatch in number of array elements';
        throw new RegorusRefusal(right.span, regorusOffset(right), text);
      }
      if (left.kind === 'array' && right.kind === 'array') {
        left.items.forEach((item, i) => {
          const other = element(right.items, i);
          this.#assign(operator, item, other, frame, definitions, modifiers);
        });
        return;
      }
    }
    const oneWay = (target: Term, source: Term, check: boolean): void => {
      const used = this.#used(source, frame, definitions);
      const uses = this.#withClosures(used, modifiers, frame);
      const assigned = this.#assigned(target, frame, check);
      for (const name of assigned) {
        definitions.push({ name, uses: uses.filter((use) => use !== name) });
      }
      if (assigned.length === 0) definitions.push({ name: '', uses });
    };
    oneWay(left, right, operator === ':=');
    oneWay(right, left, false);
  }

  #assigned(target: Term, frame: Frame, check: boolean): readonly string[] {
    const names: string[] = [];
    eachPatternVariable(target, (variable) => {
      const { name } = variable;
      if (frame.scope.locals.has(name)) {
        if (check) checkFirstUse(variable, frame);
        names.push(name);
      } else if (frame.scope.unscoped.has(name)) {
        names.push(name);
      }
    });
    return names;
  }

  /** Names of this body that a term uses; a name that nobody binds ends the preparation. */
  #used(
    term: Term,
    frame: Frame,
    definitions: Definition[],
    into: Uses = { names: [], closures: [] },
    outputs?: ReadonlySet<string>,
  ): Uses {
    const { scope, firstUse } = frame;
    traverse(term, (inner) => {
      if (inner.kind === 'var') {
        this.#use(inner, frame, into, outputs);
        return false;
      }
      if (inner.kind === 'comprehension') {
        into.closures.push(inner);
        return false;
      }
      if (inner.kind !== 'ref') return true;
      for (let i = inner.path.length - 1; i >= 0; i--) {
        eachPatternVariable(element(inner.path, i), ({ name }) => {
          if (!scope.has(name)) return;
          const of: Term = i === 0 ? inner.head : { ...inner, path: inner.path.slice(0, i) };
          const needed = this.#used(of, { scope, firstUse }, definitions, undefined, outputs);
          definitions.push({ name, uses: needed.names });
          into.names.push(...needed.names, name);
          into.closures.push(...needed.closures);
        });
      }
      return true;
    });
    return into;
  }

  #use(
    { name, span }: VarTerm,
    { scope, firstUse }: Frame,
    into: Uses,
    outputs: ReadonlySet<string> | undefined,
  ): void {
    if (name === '_' || name === 'input' || name === 'data') return;
    if (scope.has(name)) {
      if (outputs?.has(name) === true) return;
      into.names.push(name);
      if (!firstUse.has(name)) firstUse.set(name, span);
    } else if (!scope.inputs.has(name)) {
      throw new RegorusRefusal(span, span.start, `use of undefined variable \`${name}\` is unsafe`);
    }
  }

  /** What a statement needs: names used by terms, by modifiers and by the closures of both. */
  #withClosures(uses: Uses, modifiers: Uses | undefined, frame: Frame): string[] {
    const names = [...uses.names, ...(modifiers?.names ?? [])];
    const { scope, firstUse } = frame;
    this.#outer.push(scope.clone());
    for (const closure of new Set([...uses.closures, ...(modifiers?.closures ?? [])])) {
      for (const name of this.#closure(closure).inputs) {
        if (scope.has(name)) {
          if (!firstUse.has(name)) firstUse.set(name, closure.span);
          names.push(name);
        } else {
          scope.inputs.add(name);
        }
      }
    }
    this.#outer.pop();
    return names;
  }
}

function closuresOf(term: Term): readonly ComprehensionTerm[] {
  const closures: ComprehensionTerm[] = [];
  traverse(term, (inner) => {
    if (inner.kind === 'comprehension') closures.push(inner);
    return inner.kind !== 'comprehension';
  });
  return closures;
}

/** Elements of an array literal. */
function arraySize(term: Term): number | undefined {
  if (term.kind === 'array') return term.items.length;
  return term.kind === 'constant' && isArray(term.value) ? term.value.length : undefined;
}

function checkFirstUse({ name, span }: VarTerm, { firstUse }: Frame): void {
  const first = firstUse.get(name);
  if (first === undefined || first.start >= span.start) return;
  const { source } = span;
  const definition = regorusMessage(source, regorusPosition(source, span.start), 'definition', '');
  const text = `var \`${name}\` used before definition below.${definition}`;
  throw new RegorusRefusal(first, first.start, text);
}
