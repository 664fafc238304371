/**
 * `some x in input.field` where the field may be null. OPA finds nothing there; regorus
 * gives up the whole request. The agent writes absent options of a request as null.
 */
import type { Body, Module, SomeIn, Term } from '../ast.ts';
import { elseChain, walkBody, walkRule } from '../compile/walk.ts';
import { termText } from '../compile/term-text.ts';
import type { AdviceContext } from './context.ts';

export function adviseIteration(module: Module, context: AdviceContext): void {
  for (const rule of module.rules) {
    const bodies = [rule.body, ...Array.from(elseChain(rule), ({ body }) => body)];
    const guarded = new Set(bodies.flatMap((body) => (body === undefined ? [] : guards(body))));
    walkRule(rule, {
      literal(literal) {
        if (literal.kind === 'some-in') check(literal, guarded, context);
        return undefined;
      },
    });
  }
}

function check(literal: SomeIn, guarded: ReadonlySet<string>, context: AdviceContext): void {
  const path = inputPath(literal.domain);
  if (path === undefined || path.length === 0) return;
  if (context.mayBeNull?.(path) === false) return;
  const text = termText(literal.domain);
  if (guarded.has(text)) return;
  context.report(
    'advice',
    literal.domain.span,
    `when ${text} is null, the guest's engine fails the request here`,
    `Test it first: \`not is_null(${text})\`, or iterate with \`${text}[_]\`, which finds nothing in null.`,
  );
}

/** Path parts of a reference into `input` that are plain names. */
function inputPath(term: Term): readonly string[] | undefined {
  if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'input')
    return undefined;
  return term.path.flatMap((part) => (part.kind === 'string' ? [part.value] : []));
}

const TESTS = new Set(['is_null', 'is_array', 'is_object', 'is_set', 'count']);

/** Terms that a body compares with null or asks the kind of. */
function guards(body: Body): string[] {
  const found: string[] = [];
  walkBody(body, {
    term(term) {
      if (term.kind !== 'call') return undefined;
      const [a, b] = term.args;
      if (TESTS.has(term.name) && a !== undefined) found.push(termText(a));
      if (term.infix === '!=' && a !== undefined && b?.kind === 'null') found.push(termText(a));
      return undefined;
    },
  });
  return found;
}
