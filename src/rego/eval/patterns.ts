/** Patterns into closures that test a value and bind slots. */
import { equalValues } from '../order.ts';
import type { PlanPattern } from '../plan/plan.ts';
import { isArray, RegoObject } from '../value.ts';
import type { Maker, Match } from './closure.ts';

export function makePattern(m: Maker, plan: PlanPattern): Match {
  switch (plan.match) {
    case 'any':
      return () => true;
    case 'bind': {
      const { slot } = plan;
      return (_, s, value) => {
        s[slot] = value;
        return true;
      };
    }
    case 'equal': {
      const expr = m.expr(plan.expr);
      return (ev, s, value) => {
        const expected = expr(ev, s);
        return expected !== undefined && equalValues(expected, value);
      };
    }
    case 'array': {
      const items = plan.items.map((item) => m.pattern(item));
      return (ev, s, value) => {
        if (!isArray(value) || value.length !== items.length) return false;
        for (let i = 0; i < items.length; i++) {
          const item = value[i];
          if (item === undefined || items[i]?.(ev, s, item) !== true) return false;
        }
        return true;
      };
    }
    case 'object':
      return makeObjectPattern(m, plan);
  }
}

function makeObjectPattern(m: Maker, plan: Extract<PlanPattern, { match: 'object' }>): Match {
  const keys = plan.keys.map((key) => m.expr(key));
  const values = plan.values.map((value) => m.pattern(value));
  return (ev, s, value) => {
    if (!(value instanceof RegoObject)) return false;
    if (plan.exact && value.size !== keys.length) return false;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]?.(ev, s);
      const member = key === undefined ? undefined : value.get(key);
      if (member === undefined || values[i]?.(ev, s, member) !== true) return false;
    }
    return true;
  };
}
