/** Calls of functions that do not exist, or with another number of operands than declared. */
import type { Term } from '../../ast.ts';
import type { Pass } from './pass.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import { builtinType } from './builtin-types.ts';
import { calleePath, calleeText } from '../../compile/policy.ts';
import { type PathNode, pathTree, rulesAt } from './path-tree.ts';
import { type CallSite, eachCall } from './resolved-walk.ts';
import { roughType } from './rough-type.ts';
import { argsText, typesText } from './type-text.ts';

export const checkFunctions: Pass = {
  name: 'check-undefined-functions',
  run(policy, sink, { builtins }) {
    const tree = pathTree(policy);
    eachCall(policy, (site) => {
      checkCall(site, tree, sink, builtins);
    });
  },
};

export function checkCall(
  { call, literal }: CallSite,
  tree: PathNode,
  sink: DiagnosticSink,
  builtins?: ReadonlySet<string>,
): void {
  const span = literal?.span ?? call.span;
  const path = calleePath(call.name);
  const isKnown = path === undefined && builtins?.has(call.name) !== false;
  const builtin = isKnown ? builtinType(call.name) : undefined;
  const arity = builtin?.args.length ?? arityOf(path === undefined ? [] : rulesAt(tree, path));
  if (arity === undefined) {
    sink.error('rego_type_error', span, `undefined function ${calleeText(call.name)}`);
    return;
  }
  const count = call.args.length;
  // One operand more is where the result goes, unless the result is already used otherwise.
  const fits = count === arity || (literal !== undefined && count === arity + 1);
  if (fits || builtin?.variadic !== undefined || call.infix !== undefined) return;
  if (builtin === undefined) {
    sink.error('rego_type_error', span, arityText(call.name, arity, count));
    return;
  }
  const have = call.args.map((arg) => roughType(arg));
  if (literal === undefined && !builtin.void) have.push(undefined);
  sink.error('rego_type_error', span, `${call.name}: arity mismatch`, [
    `have: ${typesText(have)}`,
    `want: ${argsText(builtin, false)}`,
  ]);
}

/** A rule that is no function counts as one without operands. */
function arityOf(
  rules: readonly { readonly args: readonly Term[] | undefined }[],
): number | undefined {
  const [first] = rules;
  return first === undefined ? undefined : (first.args?.length ?? 0);
}

const arityText = (name: string, arity: number, count: number): string =>
  `function ${name} has arity ${String(arity)}, got ${String(count)} argument${count === 1 ? '' : 's'}`;
