/** Patterns: an unbound variable is bound, a bound one and every other term is compared. */
import type { Term } from '../ast.ts';
import { sourceName } from '../compile/policy.ts';
import type { PlanPattern } from './plan.ts';
import type { Planner } from './planner.ts';

export const isWildcard = (term: Term): boolean =>
  term.kind === 'var' && sourceName(term.name) === '_';

export function planPattern(p: Planner, term: Term): PlanPattern {
  switch (term.kind) {
    case 'var': {
      if (term.name === 'input' || term.name === 'data') break;
      // A wildcard occurs once, so nobody can read it.
      if (isWildcard(term)) {
        p.bind(term.name);
        return { match: 'any' };
      }
      if (p.isBound(term.name)) break;
      return { match: 'bind', slot: p.bind(term.name), name: sourceName(term.name) };
    }
    case 'array':
      return { match: 'array', items: term.items.map((item) => p.pattern(item)) };
    case 'object':
      return {
        match: 'object',
        keys: term.keys.map((key) => p.term(key)),
        values: term.values.map((value) => p.pattern(value)),
        exact: p.traits.objectPatterns === 'exact',
      };
    default:
  }
  return { match: 'equal', expr: p.term(term) };
}
