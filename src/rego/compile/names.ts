/** What a bare name in a module stands for when no local has it. */
import type { Import } from '../ast.ts';
import type { Profile } from '../profile.ts';

/** A `default` is called by regorus as if it were a function. */
export type RuleKind = 'function' | 'default' | 'value';

/** What bare names mean in one module. */
export interface ModuleNames {
  readonly package: readonly string[];
  /** First head names of the package's rules, in all its modules. */
  readonly rules: ReadonlyMap<string, RuleKind>;
  readonly imports: ReadonlyMap<string, { readonly source: Import; uses: number }>;
  readonly profile: Profile;
}

/** The path behind a bare name, with its root, or `undefined` for a local. */
export function globalPath(names: ModuleNames, name: string): readonly string[] | undefined {
  const imported = names.imports.get(name);
  const isRule = names.rules.has(name);
  // Imports shadow the package's rules in OPA; regorus looks for the rule first.
  if (imported !== undefined && !(isRule && names.profile.engine === 'regorus')) {
    imported.uses++;
    return imported.source.path;
  }
  if (isRule) return ['data', ...names.package, name];
  return name === 'data' || name === 'input' ? [name] : undefined;
}
