/** Imports that bind one name twice (v1, or strict) and imports nobody uses (strict). */
import type { Import } from '../../ast.ts';
import { isV1Strict } from './check-shadowing.ts';
import type { Pass } from './pass.ts';
import { refPathText } from '../../compile/term-text.ts';

export const checkUnusedImports: Pass = {
  name: 'check-unused-imports',
  run(policy, sink, options) {
    if (!options.strict) return;
    for (const module of policy.modules) {
      for (const { source, uses } of module.imports) {
        if (source.name === undefined || uses > 0) continue;
        sink.error('rego_compile_error', source.span, `${importText(source)} unused`);
      }
    }
  },
};

export const checkDuplicateImports: Pass = {
  name: 'check-imports',
  run(policy, sink, options) {
    for (const module of policy.modules) {
      if (!isV1Strict(module.source, options)) continue;
      const byName = new Map<string, Import>();
      for (const item of module.source.imports) {
        const name = item.name ?? item.alias?.name ?? item.path.at(-1) ?? '';
        const earlier = byName.get(name);
        if (earlier === undefined) {
          byName.set(name, item);
          continue;
        }
        const message = `import must not shadow ${importText(earlier)}`;
        sink.error('rego_compile_error', item.span, message);
      }
    }
  },
};

const importText = ({ path, alias }: Import): string => {
  const [root = '', ...parts] = path;
  return `import ${refPathText(root, parts)}${alias === undefined ? '' : ` as ${alias.name}`}`;
};
