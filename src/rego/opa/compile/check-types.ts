/**
 * The type checker as a pass: rules in the order of their dependencies, each leaving its type in the
 * tree of documents for those that read it.
 */
import type { Pass } from './pass.ts';
import { computedPath, groundPath } from './path-tree.ts';
import type { Branch, Policy, ResolvedRule } from '../../compile/policy.ts';
import { components, ruleGraph } from './rule-graph.ts';
import { type ReportType, TypeChecker } from './type-checker.ts';
import { TypeEnv } from './type-env.ts';
import { TypeNode } from './type-tree.ts';
import {
  ANY,
  BOOLEAN,
  functionType,
  type MaybeType,
  objectType,
  setType,
  type Type,
} from './types.ts';
import { eachVar } from '../../compile/vars.ts';

export const checkTypes: Pass = {
  name: 'check-types',
  run(policy, sink) {
    typeDocuments(policy, (span, message, details) => {
      sink.error('rego_type_error', span, message, details);
    });
  },
};

/** Types of all rules; needs bodies in safe order and a rule graph without cycles. */
export function typeDocuments(policy: Policy, report: ReportType): TypeNode {
  const documents = new TypeNode(null);
  for (const group of components(ruleGraph(policy))) {
    for (const { rule, branch } of group) {
      if (rule !== undefined && branch !== undefined) typeBranch(rule, branch, documents, report);
    }
  }
  return documents;
}

function typeBranch(
  rule: ResolvedRule,
  branch: Branch,
  documents: TypeNode,
  report: ReportType,
): void {
  const checker = new TypeChecker(new TypeEnv(documents), report);
  if (branch.body !== undefined) checker.body(branch.body);
  if (branch === rule.branches[0]) {
    for (const part of rule.dynamic) checker.look(part);
    if (rule.key !== undefined) checker.look(rule.key);
    for (const arg of rule.args ?? []) checker.look(arg);
  }
  if (branch.value !== undefined) checker.look(branch.value);

  const path = groundPath(rule);
  if (checker.errors > 0) {
    // Whoever reads a rule with an error should not get errors because of it.
    if (computedPath(rule).length === 0) documents.put(path, ANY);
    return;
  }
  const type = typeOfRule(rule, branch, checker);
  if (type !== undefined) documents.insert(path, type);
}

function typeOfRule(rule: ResolvedRule, branch: Branch, checker: TypeChecker): Type | undefined {
  const value = branch.value === undefined ? BOOLEAN : checker.typeOf(branch.value);
  if (rule.args !== undefined) {
    for (const arg of rule.args) {
      // An argument that the body says nothing about may be anything.
      eachVar(arg, ({ name }) => {
        if (checker.env.local(name) === undefined) checker.env.setLocal(name, ANY);
      });
    }
    const result = branch.value === undefined ? BOOLEAN : checker.typeOf(branch.value);
    return functionType(
      rule.args.map((arg) => checker.typeOf(arg)),
      result ?? ANY,
    );
  }
  let type: MaybeType = value;
  if (rule.kind === 'multi') {
    const key = rule.key === undefined ? undefined : checker.typeOf(rule.key);
    type = key === undefined ? undefined : setType(key);
  }
  for (const part of [...computedPath(rule)].reverse()) {
    const key = checker.typeOf(part);
    if (type === undefined || key === undefined) return undefined;
    type = objectType([], { key, value: type });
  }
  return type;
}
