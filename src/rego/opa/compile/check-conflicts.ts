/**
 * Definitions that cannot live together: several kinds or arities under one name, rules below a
 * complete rule, two defaults, a package where another package has a rule.
 */
import { rowOf } from '../../position.ts';
import type { Span } from '../../source.ts';
import type { Pass } from './pass.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import { computedPath, type PathNode, pathTree, ruleText } from './path-tree.ts';
import type { Policy, ResolvedRule } from '../../compile/policy.ts';
import { refPathText } from '../../compile/term-text.ts';

export const checkConflicts: Pass = {
  name: 'check-conflicts',
  run(policy, sink) {
    checkNode(pathTree(policy), sink);
    checkPackages(policy, sink);
  },
};

function checkNode(node: PathNode, sink: DiagnosticSink): void {
  const [first] = node.rules;
  if (first !== undefined) checkRules(node, first, sink);
  for (const child of node.children.values()) checkNode(child, sink);
}

function checkRules(node: PathNode, first: ResolvedRule, sink: DiagnosticSink): void {
  const { rules } = node;
  const name = ruleText(rules.at(-1) ?? first);
  const isGround = rules.map((rule) => computedPath(rule).length === 0);
  const report = (span: Span, message: string): void => {
    sink.error('rego_type_error', span, message);
  };

  if (node.children.size > 0 && isGround.includes(true)) {
    const below = [...rulesBelow(node)].map(
      (rule) => `rule ${ruleText(rule)} at ${place(rule.source.span)}`,
    );
    report(first.source.span, [`rule ${name} conflicts with:`, ...below.sort()].join('\n  '));
    return;
  }
  const isMulti = new Set(rules.map((rule) => rule.kind === 'multi'));
  const arities = new Set(rules.map((rule) => rule.args?.length ?? 0));
  const grounds = new Set(isGround);
  if (isMulti.size > 1 || arities.size > 1 || grounds.size > 1) {
    report(first.source.span, `conflicting rules ${name} found`);
    return;
  }
  const defaults = rules.filter((rule) => rule.default);
  const [one] = defaults;
  if (one === undefined || defaults.length < 2) return;
  const places = defaults.map((rule) => place(rule.source.span)).join(', ');
  report(one.module.source.package.span, `multiple default rules ${name} found at ${places}`);
}

function* rulesBelow(node: PathNode): Generator<ResolvedRule> {
  for (const child of node.children.values()) {
    yield* child.rules;
    yield* rulesBelow(child);
  }
}

const place = (span: Span): string =>
  `${span.source.name}:${String(rowOf(span.source, span.start))}`;

function checkPackages(policy: Policy, sink: DiagnosticSink): void {
  const packages = new Set(policy.modules.map(({ source }) => JSON.stringify(source.package.path)));
  for (const module of policy.modules) {
    for (const rule of module.rules) {
      if (rule.dynamic.length > 0 || !packages.has(JSON.stringify(rule.ground))) continue;
      const local = rule.ground.slice(module.source.package.path.length);
      const [root = '', ...rest] = rule.ground;
      const message =
        `package ${refPathText(root, rest)} conflicts with rule ` +
        `${refPathText(local[0] ?? '', local.slice(1))} defined at ${place(rule.source.span)}`;
      sink.error('rego_type_error', module.source.package.span, message);
    }
  }
}
