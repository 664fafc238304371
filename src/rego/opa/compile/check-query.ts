/** OPA's checks of a query against the policy it is put to: functions and arity, then types. */
import type { Body } from '../../ast.ts';
import { checkCall } from './check-functions.ts';
import { typeDocuments } from './check-types.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import { pathTree } from './path-tree.ts';
import type { Policy } from '../../compile/policy.ts';
import { eachCallOf } from './resolved-walk.ts';
import { TypeChecker } from './type-checker.ts';
import { TypeEnv } from './type-env.ts';
import type { TypeNode } from './type-tree.ts';

/** Before safety: an unknown function would make its operands look unsafe. */
export function checkQueryCalls(policy: Policy, body: Body, sink: DiagnosticSink): void {
  const tree = pathTree(policy);
  eachCallOf(body, (site) => {
    checkCall(site, tree, sink);
  });
}

const documentTypes = new WeakMap<Policy, TypeNode>();

/** After safety; the types of the policy's documents are worked out once. */
export function checkQueryTypes(policy: Policy, body: Body, sink: DiagnosticSink): void {
  let documents = documentTypes.get(policy);
  if (documents === undefined) {
    // The policy's own errors have been reported when it was compiled.
    documents = typeDocuments(policy, () => undefined);
    documentTypes.set(policy, documents);
  }
  const checker = new TypeChecker(new TypeEnv(documents), (span, message, details) => {
    sink.error('rego_type_error', span, message, details);
  });
  checker.body(body);
}
