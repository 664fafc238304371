/** Making nodes: what both engines' parsers share once they know what they have read. */
import {
  type ArrayTerm,
  type CallTerm,
  type ConstantTerm,
  INFIX_NAMES,
  type InfixOperator,
  type ObjectTerm,
  type RefTerm,
  type SetTerm,
  type Term,
  type ValueBuilder,
  type VarTerm,
} from '../ast.ts';
import { Tok, type TokenKind } from '../lexer.ts';
import type { Span } from '../source.ts';
import type { Value } from '../value.ts';

/** Brackets within each other, operators in one chain. Chosen well below what a JS stack bears. */
export const DEFAULT_MAX_DEPTH = 400;
/** Source: regorus src/parser.rs, DEFAULT_MAX_EXPR_DEPTH. */
export const DEFAULT_MAX_EXPRESSION_DEPTH = 32;
/** Branches of one `else` chain; later passes walk them in a loop. */
export const MAX_ELSE_BRANCHES = 10_000;

const OPERATORS: Readonly<Partial<Record<TokenKind, InfixOperator>>> = {
  [Tok.Assign]: ':=',
  [Tok.Unify]: '=',
  [Tok.In]: 'in',
  [Tok.Equal]: '==',
  [Tok.Neq]: '!=',
  [Tok.Lt]: '<',
  [Tok.Lte]: '<=',
  [Tok.Gt]: '>',
  [Tok.Gte]: '>=',
  [Tok.Or]: '|',
  [Tok.And]: '&',
  [Tok.Add]: '+',
  [Tok.Sub]: '-',
  [Tok.Mul]: '*',
  [Tok.Quo]: '/',
  [Tok.Rem]: '%',
};

/** An infix call. `kind` is the operator's token. */
export function infixCall(
  kind: TokenKind,
  at: number,
  left: Term,
  right: Term,
  span: Span,
): CallTerm {
  const infix = OPERATORS[kind] ?? '=';
  return { kind: 'call', name: INFIX_NAMES[infix], args: [left, right], infix, at, span };
}

/** `x in xs` or, with a key, `k, x in xs`. */
export function membership(
  key: Term | undefined,
  value: Term,
  domain: Term,
  at: number,
  span: Span,
): CallTerm {
  return key === undefined
    ? { kind: 'call', name: 'internal.member_2', args: [value, domain], infix: 'in', at, span }
    : {
        kind: 'call',
        name: 'internal.member_3',
        args: [key, value, domain],
        infix: 'in',
        at,
        span,
      };
}

/** The dotted text of a callee: `regex.match`. Anything else is named as written. */
export function calleeName(callee: VarTerm | RefTerm): string {
  if (callee.kind === 'var') return callee.name;
  const { head } = callee;
  if (head.kind !== 'var') return written(callee);
  let name = head.name;
  for (const part of callee.path) {
    if (part.kind !== 'string') return written(callee);
    name += `.${part.value}`;
  }
  return name;
}

const written = (term: Term): string => term.span.source.text.slice(term.span.start, term.span.end);

/** The value of a ground term, `undefined` for any other. */
function ground(term: Term, builder: ValueBuilder): Value | undefined {
  switch (term.kind) {
    case 'string':
    case 'boolean':
      return builder.scalar(term.value);
    case 'number':
      return builder.number(term.text);
    case 'null':
      return builder.scalar(null);
    case 'constant':
      return term.value;
    default:
      return undefined;
  }
}

function groundAll(terms: readonly Term[], builder: ValueBuilder): Value[] | undefined {
  const values: Value[] = [];
  for (const term of terms) {
    const value = ground(term, builder);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

export function arrayTerm(
  items: readonly Term[],
  span: Span,
  builder: ValueBuilder | undefined,
): ArrayTerm | ConstantTerm {
  const values = builder && groundAll(items, builder);
  return builder === undefined || values === undefined
    ? { kind: 'array', items, span }
    : { kind: 'constant', shape: 'array', value: builder.array(values), span };
}

export function setTerm(
  items: readonly Term[],
  span: Span,
  builder: ValueBuilder | undefined,
): SetTerm | ConstantTerm {
  const values = builder && groundAll(items, builder);
  return builder === undefined || values === undefined
    ? { kind: 'set', items, span }
    : { kind: 'constant', shape: 'set', value: builder.set(values), span };
}

export function objectTerm(
  keys: readonly Term[],
  values: readonly Term[],
  span: Span,
  builder: ValueBuilder | undefined,
): ObjectTerm | ConstantTerm {
  const groundKeys = builder && groundAll(keys, builder);
  const groundValues = groundKeys && groundAll(values, builder);
  return builder === undefined || groundKeys === undefined || groundValues === undefined
    ? { kind: 'object', keys, values, span }
    : { kind: 'constant', shape: 'object', value: builder.object(groundKeys, groundValues), span };
}
