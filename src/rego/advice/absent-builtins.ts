/**
 * Calls that the engine does not know. regorus loads such a policy; the request whose evaluation
 * reaches the call then fails with `could not find function`, which is no denial and which
 * AllowRequestsFailingPolicy does not soften.
 */
import { nearest } from '#base';
import type { CallTerm, Module } from '../ast.ts';
import { builtinNames, hasBuiltin, isBuiltinName } from '../builtins/registry.ts';
import { walkRule } from '../compile/walk.ts';
import type { AdviceContext } from './context.ts';

/** What to write instead, where regorus has something. */
const INSTEAD: Readonly<Record<string, string>> = {
  any: 'Write `true in xs`, or `some x in xs`.',
  all: 'Write `every x in xs { x }`.',
  re_match: 'Write `regex.match`.',
  set_diff: 'Write `a - b`.',
  'array.flatten': 'Write a comprehension: `[x | x := xs[_][_]]`.',
  'glob.match': 'Write the pattern as a regular expression and use `regex.match`.',
  'strings.split_n': 'Use `split` and take the elements you need.',
  'json.patch': 'Build the object anew with `object.union` and `json.remove`.',
  walk: 'Name the paths to look at; regorus in the agent has no `walk`.',
};

export function adviseBuiltins(module: Module, context: AdviceContext): void {
  const own = ownNames(module, context);
  for (const rule of module.rules) {
    walkRule(rule, {
      term(term) {
        if (term.kind === 'call' && term.infix === undefined) check(term, own, context);
        return undefined;
      },
    });
  }
}

/** First names that rules and imports of the module's package take away from builtins. */
function ownNames(module: Module, { modules }: AdviceContext): ReadonlySet<string> {
  const names = new Set(['data', 'input']);
  for (const { name } of module.imports) if (name !== undefined) names.add(name);
  const path = module.package.path.join('.');
  for (const other of modules) {
    if (other.package.path.join('.') !== path) continue;
    for (const rule of other.rules) names.add(rule.head.name);
  }
  return names;
}

function check(call: CallTerm, own: ReadonlySet<string>, context: AdviceContext): void {
  const { name } = call;
  const { profile, report } = context;
  const [root = ''] = name.split('.');
  if (own.has(root) || name === 'print') return;
  if (hasBuiltin(profile, name)) return;
  const place = call.callee?.span ?? call.span;
  if (!isBuiltinName(name)) {
    if (profile.engine === 'opa') return; // OPA's own error says it.
    const known = [...own, ...builtinNames().filter((builtin) => hasBuiltin(profile, builtin))];
    const near = nearest(name, known);
    report(
      'error',
      place,
      `no function is called ${name}: a request that gets here fails`,
      near === undefined ? undefined : `Did you mean \`${near}\`?`,
    );
    return;
  }
  report(
    'error',
    place,
    `${name} is not part of the agent in ${profile.name}: a request that gets here fails`,
    INSTEAD[name] ?? 'Decide without it, or test for it only after everything that can deny.',
  );
}
