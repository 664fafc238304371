/** What `with` may replace, and by what. */
import { findBuiltin } from '../../builtins/registry.ts';
import type { Term, With } from '../../ast.ts';
import type { Span } from '../../source.ts';
import { mapKey } from '../../value.ts';
import { builtinType } from './builtin-types.ts';
import type { Pass, PassOptions } from './pass.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import { type PathNode, pathTree } from './path-tree.ts';
import { calleePath } from '../../compile/policy.ts';
import { walkPolicy } from './resolved-walk.ts';
import { isScalar, termValue } from './term-value.ts';

export const checkWith: Pass = {
  name: 'check-with',
  run(policy, sink, options) {
    const tree = pathTree(policy);
    walkPolicy(policy, {
      literal(literal) {
        // The first mistake of a literal is enough, as in OPA.
        for (const modifier of literal.with) {
          if (checkModifier(modifier, tree, sink, options)) break;
        }
        return undefined;
      },
    });
  },
};

function checkModifier(
  modifier: With,
  tree: PathNode,
  sink: DiagnosticSink,
  options: PassOptions,
): boolean {
  const { target, value } = modifier;
  const path = targetPath(target);
  if (path === 'input') return false;
  if (path !== undefined) {
    if (!replacesPart(path, tree)) return false;
    const message = 'with keyword cannot partially replace virtual document(s)';
    sink.error('rego_compile_error', target.span, message);
    return true;
  }
  const name = target.kind === 'var' ? target.name : '';
  if (builtinType(name) === undefined) {
    const message = 'with keyword target must reference existing input, data, or a function';
    sink.error('rego_type_error', target.span, message);
    return true;
  }
  const problem =
    builtinProblem(name, target.span, options) ??
    (value.kind === 'var' ? unsafeProblem(value.name, value.span, options) : undefined);
  if (problem === undefined) return false;
  const message = `with keyword replacing built-in function: ${problem.message}`;
  sink.error('rego_compile_error', problem.span, message);
  return true;
}

/** The parts after `data`, `'input'`, or `undefined` for a function's bare name. */
function targetPath(target: Term): 'input' | readonly (string | undefined)[] | undefined {
  const root = target.kind === 'ref' ? target.head : target;
  if (root.kind !== 'var') return undefined;
  if (root.name === 'input' || root.name.startsWith('input.')) return 'input';
  if (root.name !== 'data') return calleePath(root.name);
  if (target.kind !== 'ref') return [];
  return target.path.map((part) => {
    const value = isScalar(part) ? termValue(part) : undefined;
    return typeof value === 'string' ? value : undefined;
  });
}

/** A rule stands at a place on the way to the target. */
function replacesPart(path: readonly (string | undefined)[], tree: PathNode): boolean {
  let node: PathNode | undefined = tree;
  for (const part of path.slice(0, -1)) {
    node = part === undefined ? undefined : node.children.get(mapKey(part));
    if (node === undefined) return false;
    if (node.rules.length > 0) return true;
  }
  return false;
}

interface Problem {
  readonly message: string;
  readonly span: Span;
}

const NOT_REPLACEABLE = new Set(['eq', 'rego.metadata.chain', 'rego.metadata.rule']);

function builtinProblem(name: string, span: Span, options: PassOptions): Problem | undefined {
  const quoted = JSON.stringify(name);
  if (NOT_REPLACEABLE.has(name)) return { message: `replacement of ${quoted} invalid`, span };
  if (name.startsWith('internal.')) {
    return { message: `replacement of internal function ${quoted} invalid`, span };
  }
  if (findBuiltin(name)?.relation === true) {
    return { message: 'target must not be a relation', span };
  }
  if (builtinType(name)?.void === true) {
    return { message: 'target must not be a void function', span };
  }
  return unsafeProblem(name, span, options);
}

const unsafeProblem = (name: string, span: Span, options: PassOptions): Problem | undefined =>
  options.unsafeBuiltins?.has(name) === true
    ? { message: `target must not be unsafe: ${JSON.stringify(name)}`, span }
    : undefined;
