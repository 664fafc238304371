/**
 * Variables in the operands of `print` and in the parts of template strings must be bound by what
 * stands before them (print) or anywhere in the body (templates): these operands bind nothing, and an
 * undefined one does not stop the body. Also: a template part has one value, so no relations.
 */
import type { Body, Literal, Term } from '../../ast.ts';
import { findBuiltin } from '../../builtins/registry.ts';
import { builtinType } from './builtin-types.ts';
import type { Arity } from '../../compile/arity.ts';
import { Bound, boundAfter, type Known } from './outputs.ts';
import type { Pass } from './pass.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import { pathTree, rulesAt } from './path-tree.ts';
import {
  calleePath,
  type Branch,
  type Policy,
  type ResolvedRule,
  sourceName,
} from '../../compile/policy.ts';
import { walkBranch } from './resolved-walk.ts';
import { eachVar } from '../../compile/vars.ts';
import { type Visitor, walkLiteral, walkTerm, walkTerms } from '../../compile/walk.ts';

export const checkUndeclared: Pass = {
  name: 'check-undeclared',
  run(policy, sink) {
    const check = new UndeclaredCheck(arityOf(policy), sink);
    for (const rule of policy.rules) {
      const args = new Set<string>();
      for (const arg of rule.args ?? []) eachVar(arg, ({ name }) => args.add(name), false);
      for (const branch of rule.branches) {
        if (!concerns(rule, branch)) continue;
        const { body, value } = branch;
        const bound = check.body(body ?? [], args);
        if (value !== undefined) check.term(value, bound);
      }
    }
  },
};

/** Most bodies neither print nor have templates. */
function concerns(rule: ResolvedRule, branch: Branch): boolean {
  let found = false;
  walkBranch(rule, branch, {
    term(term) {
      found ||= term.kind === 'template' || (term.kind === 'call' && term.name === 'print');
      return !found;
    },
  });
  return found;
}

/** Operand counts of builtins and of the policy's functions. */
export function arityOf(policy: Policy): Arity {
  const tree = pathTree(policy);
  return (name) => {
    const path = calleePath(name);
    if (path === undefined) return builtinType(name)?.args.length;
    return rulesAt(tree, path)[0]?.args?.length;
  };
}

class UndeclaredCheck {
  readonly #arity: Arity;
  readonly #sink: DiagnosticSink;

  constructor(arity: Arity, sink: DiagnosticSink) {
    this.#arity = arity;
    this.#sink = sink;
  }

  /** Checks a body and answers what is bound after it. */
  body(body: Body, outer: Known): Known {
    // In any order, as safety will sort the body: what can be bound at all.
    const all = this.#boundBy(body, outer);
    const before = new Bound(outer);
    // As in OPA, the first faulty print of a body is the only one reported.
    let faulty = false;
    for (const literal of body) {
      faulty = this.#prints(literal, before, faulty);
      this.#literal(literal, before, all);
      for (const name of boundAfter(literal, before, this.#arity).added) before.add(name);
      for (const name of declaredBy(literal)) before.add(name);
    }
    return all;
  }

  #boundBy(body: Body, outer: Known): Known {
    const bound = new Bound(outer);
    for (let size = -1; size !== bound.added.size;) {
      size = bound.added.size;
      for (const literal of body) {
        for (const name of boundAfter(literal, bound, this.#arity).added) bound.add(name);
      }
    }
    return bound;
  }

  #prints(literal: Literal, before: Known, faulty: boolean): boolean {
    if (faulty || literal.kind !== 'expr') return faulty;
    const { term } = literal;
    if (term.kind !== 'call' || term.name !== 'print') return false;
    return term.args.map((arg) => this.#operand(arg, before)).includes(true);
  }

  #literal(literal: Literal, before: Known, all: Known): void {
    const inner = literal.kind === 'every' ? everyVars(literal, before) : before;
    walkLiteral(literal, this.#visitor(inner, all));
  }

  term(term: Term, bound: Known): void {
    walkTerm(term, this.#visitor(bound, bound));
  }

  #visitor(before: Known, all: Known): Visitor {
    let isOutermost = true;
    return {
      literal: (literal) => {
        // The literal itself, then those of the bodies in it, which are checked as bodies.
        if (isOutermost && literal.kind !== 'every' && literal.kind !== 'not-body') {
          isOutermost = false;
          return undefined;
        }
        if (literal.kind === 'every') {
          this.term(literal.domain, all);
          this.body(literal.body, everyVars(literal, before));
          return false;
        }
        if (literal.kind === 'not-body') {
          this.body(literal.body, before);
          return false;
        }
        return undefined;
      },
      term: (term) => {
        if (term.kind === 'template') {
          this.#template(term, all);
          return false;
        }
        if (term.kind !== 'comprehension') return undefined;
        const inner = this.body(term.body, before);
        if (term.key !== undefined) this.term(term.key, inner);
        this.term(term.value, inner);
        return false;
      },
    };
  }

  #template(template: Extract<Term, { kind: 'template' }>, bound: Known): void {
    for (const part of template.parts) {
      if (typeof part === 'string') continue;
      const { term } = part;
      if (term.kind === 'call' && findBuiltin(term.name)?.relation === true) {
        const message = `illegal call to relation built-in '${term.name}' that may cause multiple outputs`;
        this.#sink.error('rego_compile_error', term.span, message);
        continue;
      }
      // A variable alone is left to the safety pass, as in OPA.
      if (term.kind !== 'var') this.#operand(term, bound);
      this.term(term, bound);
    }
  }

  /** One finding per name; says whether there is any. */
  #operand(term: Term, bound: Known): boolean {
    const names = new Set<string>();
    walkTerm(term, {
      term(inner) {
        // Templates and comprehensions inside are looked at on their own.
        if (inner.kind === 'template' || inner.kind === 'comprehension') return false;
        const isLocal = inner.kind === 'var' && inner.name !== 'input' && inner.name !== 'data';
        if (inner.kind === 'call') {
          walkTerms(inner.args, this);
          return false;
        }
        if (isLocal && !bound.has(inner.name)) names.add(inner.name);
        return undefined;
      },
    });
    for (const name of [...names].sort()) {
      this.#sink.error('rego_compile_error', term.span, `var ${sourceName(name)} is undeclared`);
    }
    return names.size > 0;
  }
}

/** Names that a literal gives a value, if it can be evaluated at all: that is another matter. */
function declaredBy(literal: Literal): readonly string[] {
  const names: string[] = [];
  const patterns: (Term | undefined)[] = [];
  if (literal.kind === 'some-in') patterns.push(literal.key, literal.value);
  if (literal.kind === 'expr' && literal.term.kind === 'call' && literal.term.infix === ':=') {
    patterns.push(literal.term.args[0]);
  }
  for (const pattern of patterns) {
    if (pattern !== undefined) eachVar(pattern, ({ name }) => names.push(name), false);
  }
  return names;
}

function everyVars(literal: Extract<Literal, { kind: 'every' }>, before: Known): Known {
  const bound = new Bound(before);
  bound.add(literal.value.name);
  if (literal.key !== undefined) bound.add(literal.key.name);
  return bound;
}
