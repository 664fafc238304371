/**
 * What OPA evaluates before a negation. It rewrites the operands of a negated literal to literals of
 * their own in front of it, so an undefined operand fails the literal instead of satisfying the
 * negation: `not input.age < 18` needs an `input.age`. Not rewritten are the literal's own reference
 * or call, and what `=` and `==` compare directly: `not input.age == 18` holds without one.
 * Source: OPA v1/ast/compile.go, rewriteDynamics and rewriteExprTerms.
 */
import type { CallTerm, RefTerm, Term } from '../ast.ts';
import type { Planner } from './planner.ts';

/** The term that is left to negate; what it reads was bound by steps in front of it. */
export function hoistOperands(p: Planner, term: Term): Term {
  switch (term.kind) {
    case 'ref':
      return hoistParts(p, term);
    case 'call':
      return {
        ...term,
        args: term.args.map((arg) => (comparesDirectly(term) ? hoistSide(p, arg) : hoist(p, arg))),
      };
    case 'array':
    case 'set':
    case 'object':
      return hoistElements(p, term);
    default:
      return term;
  }
}

const comparesDirectly = ({ infix }: CallTerm): boolean => infix === '=' || infix === '==';

/** A side of `==`: its own reference stays, a call does not. */
const hoistSide = (p: Planner, term: Term): Term =>
  term.kind === 'call' ? hoist(p, term) : hoistOperands(p, term);

const hoistParts = (p: Planner, term: RefTerm): RefTerm => ({
  ...term,
  head: term.head.kind === 'var' ? term.head : hoist(p, term.head),
  path: term.path.map((part) => hoist(p, part)),
});

type Composite = Extract<Term, { kind: 'array' | 'set' | 'object' }>;

function hoistElements(p: Planner, term: Composite): Composite {
  if (term.kind !== 'object') return { ...term, items: term.items.map((item) => hoist(p, item)) };
  return {
    ...term,
    keys: term.keys.map((key) => hoist(p, key)),
    values: term.values.map((value) => hoist(p, value)),
  };
}

function hoist(p: Planner, term: Term): Term {
  switch (term.kind) {
    case 'ref':
      return bound(p, hoistParts(p, term));
    case 'call':
      return bound(p, { ...term, args: term.args.map((arg) => hoist(p, arg)) });
    case 'comprehension':
    case 'template':
      return bound(p, term);
    case 'array':
    case 'set':
    case 'object':
      return hoistElements(p, term);
    case 'var':
      return term.name === 'input' || term.name === 'data' ? bound(p, term) : term;
    default:
      return term;
  }
}

/** Evaluates the term here and puts a variable without a source name in its place. */
function bound(p: Planner, term: Term): Term {
  const expr = p.term(term);
  const name = p.hiddenName();
  p.emit({ op: 'bind', slot: p.bind(name), name: '', expr });
  return { kind: 'var', name, span: term.span };
}
