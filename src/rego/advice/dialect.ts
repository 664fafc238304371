/**
 * Policies that mean something else, or nothing, to another Kata release: v0 rules are refused from
 * 3.30.0 on; v1 rules without an import are misread from 3.5.0 to 3.29.0. `import rego.v1` alone is
 * right everywhere.
 */
import type { Module, Rule } from '../ast.ts';
import type { AdviceContext } from './context.ts';

export function adviseDialect(module: Module, { profile, report }: AdviceContext): void {
  if (imports(module, 'rego')) return;
  if (profile.regoVersion === 'v0') {
    const old = module.rules.find(isV0Only);
    if (old === undefined) return;
    report(
      'warning',
      old.head.span,
      'Kata 3.30.0 and later refuse this rule: they read every policy as Rego v1',
      'Add `import rego.v1` and write `if` before bodies and `contains` before set elements.',
    );
    return;
  }
  const needs = module.rules.find((rule) => rule.hasIf || rule.head.hasContains);
  if (needs === undefined || imports(module, 'future')) return;
  report(
    'advice',
    needs.head.span,
    'Kata 3.5.0 to 3.29.0 do not know `if` and `contains` without an import: there this rule always holds',
    'Add `import rego.v1` if the policy may meet an older agent.',
  );
}

const imports = (module: Module, root: string): boolean =>
  module.imports.some(({ path }) => path[0] === root);

/** A body without `if`, or a set element without `contains`. */
const isV0Only = (rule: Rule): boolean =>
  (rule.body !== undefined && !rule.hasIf) ||
  (rule.head.kind === 'multi' && !rule.head.hasContains);
