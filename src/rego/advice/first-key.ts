/**
 * `names[x] if ...` with a loop: regorus before 0.14 takes a head without a value for a constant and
 * stops at the first solution, so that each definition keeps one key. `contains` and a value do not.
 */
import type { Body, Literal, Module, Rule, Term } from '../ast.ts';
import { elseChain, walkTerm } from '../compile/walk.ts';
import { isConstantTerm, isExitOfValueless } from '../plan/early-exit.ts';
import type { AdviceContext } from './context.ts';

export function adviseFirstKey(module: Module, context: AdviceContext): void {
  if (context.profile.earlyExit !== 'literal-or-valueless-heads') return;
  for (const rule of module.rules) {
    const key = keyOf(rule);
    if (key === undefined) continue;
    const loop = bodiesOf(rule)
      .map(loopIn)
      .find((found) => found !== undefined);
    // Before 0.3 only loops over references stopped.
    if (
      loop === undefined ||
      (loop === 'some-in' && context.profile.earlyExitEnds !== 'all-loops')
    ) {
      continue;
    }
    const releases = loop === 'some-in' ? 'Kata 3.30 to 4.1' : 'Kata 3.5 to 4.1';
    context.report(
      'advice',
      rule.head.span,
      `this rule keeps only its first key in ${releases}: its head has a key and no value, so its loop stops there`,
      `Write \`${rule.head.name} contains ... if\`, or give the key a value: \`:= true\`.`,
    );
  }
}

/** The computed key of a head without a value that counts as constant. */
function keyOf({ head, default: isDefault }: Rule): Term | undefined {
  const { path, kind, key, value } = head;
  const last = path.at(-1);
  if (isDefault || kind !== 'single' || value !== undefined || key !== undefined) return undefined;
  if (last === undefined || isConstantTerm(last)) return undefined;
  return isExitOfValueless(path) ? last : undefined;
}

const bodiesOf = (rule: Rule): readonly Body[] =>
  [rule.body, ...Array.from(elseChain(rule), ({ body }) => body)].filter(
    (body) => body !== undefined,
  );

type Loop = 'some-in' | 'reference';

/** The loop of a body that is likeliest to stop: one over a reference does in every release. */
function loopIn(body: Body): Loop | undefined {
  const loops = body.map(loopOf);
  if (loops.includes('reference')) return 'reference';
  return loops.includes('some-in') ? 'some-in' : undefined;
}

function loopOf(literal: Literal): Loop | undefined {
  if (literal.kind === 'some-in') return 'some-in';
  if (literal.kind !== 'expr') return undefined;
  const loops: Term[] = [];
  walkTerm(literal.term, {
    term(term) {
      // Loops of a comprehension are its own.
      if (term.kind === 'comprehension') return false;
      if (term.kind === 'ref') loops.push(...term.path.filter((part) => isWildcard(part)));
      return undefined;
    },
  });
  return loops.length > 0 ? 'reference' : undefined;
}

const isWildcard = (term: Term): boolean => term.kind === 'var' && term.name === '_';
