/**
 * `_` where a value is needed: regorus looks for a variable of that name and ends the evaluation, also
 * when another body would have held. In patterns and as an operand of a reference it means "anything".
 */
import type { Body, Literal, Module, Rule, Term } from '../ast.ts';
import { findBuiltin } from '../builtins/registry.ts';
import { elseChain, partsOf } from '../compile/walk.ts';
import type { AdviceContext } from './context.ts';

export function adviseWildcards(module: Module, context: AdviceContext): void {
  const finder = new Finder(module, context);
  for (const rule of module.rules) finder.rule(rule);
}

class Finder {
  readonly #module: Module;
  readonly #context: AdviceContext;

  constructor(module: Module, context: AdviceContext) {
    this.#module = module;
    this.#context = context;
  }

  rule(rule: Rule): void {
    const { path, key, value } = rule.head;
    for (const term of [...path, key, value]) if (term !== undefined) this.#value(term);
    if (rule.body !== undefined) this.#body(rule.body);
    for (const branch of elseChain(rule)) {
      if (branch.value !== undefined) this.#value(branch.value);
      if (branch.body !== undefined) this.#body(branch.body);
    }
  }

  #body(body: Body): void {
    for (const literal of body) this.#literal(literal);
  }

  #literal(literal: Literal): void {
    for (const { value } of literal.with) this.#value(value);
    switch (literal.kind) {
      case 'some-in':
        this.#value(literal.domain);
        return;
      case 'every':
        this.#value(literal.domain);
        this.#body(literal.body);
        return;
      case 'expr':
        this.#expression(literal.term);
        return;
      default:
    }
  }

  #expression(term: Term): void {
    const [left, right] = term.kind === 'call' ? term.args : [];
    if (term.kind === 'call' && left !== undefined && right !== undefined) {
      if (term.infix === ':=' || term.infix === '=') {
        this.#pattern(left);
        if (term.infix === '=') this.#pattern(right);
        else this.#value(right);
        return;
      }
    }
    if (
      term.kind !== 'call' ||
      term.infix !== undefined ||
      !this.#hasOutput(term.name, term.args)
    ) {
      this.#value(term);
      return;
    }
    term.args.slice(0, -1).forEach((arg) => {
      this.#value(arg);
    });
    const last = term.args.at(-1);
    if (last !== undefined) this.#pattern(last);
  }

  /** The operand behind the declared ones takes the result. What nobody declares is left alone. */
  #hasOutput(name: string, args: readonly Term[]): boolean {
    const own = this.#module.rules.find(
      ({ head }) => head.kind === 'function' && head.name === name,
    );
    const declared = own?.head.args?.length ?? findBuiltin(name)?.args.length;
    return declared === undefined || args.length === declared + 1;
  }

  /** Variables and wildcards of a pattern are free; the rest of it is evaluated. */
  #pattern(term: Term): void {
    switch (term.kind) {
      case 'var':
        return;
      case 'array':
        for (const item of term.items) this.#pattern(item);
        return;
      case 'object':
        for (const key of term.keys) this.#value(key);
        for (const value of term.values) this.#pattern(value);
        return;
      default:
        this.#value(term);
    }
  }

  #value(term: Term): void {
    switch (term.kind) {
      case 'var':
        if (term.name === '_') this.#report(term);
        return;
      case 'ref':
        this.#value(term.head);
        for (const part of term.path) this.#pattern(part);
        return;
      case 'call':
        for (const arg of term.args) this.#value(arg);
        return;
      case 'comprehension':
        this.#body(term.body);
        if (term.key !== undefined) this.#value(term.key);
        this.#value(term.value);
        return;
      default:
        for (const part of partsOf(term)) this.#value(part);
    }
  }

  #report({ span }: Term): void {
    this.#context.report(
      'error',
      span,
      '`_` has no value here: a request that gets to this line fails with INTERNAL',
      'Leave the comparison out, or bind a name with `:=` or `some .. in` and use that.',
    );
  }
}
