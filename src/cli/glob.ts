/**
 * Patterns such as `policies/**\/testcases.json`, for shells and CI files that leave them alone. `*` and
 * `?` stay inside one path part, `**` crosses parts, `{a,b}` is either. Node 20 has no globbing.
 */
import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Never what a user means by a pattern. */
const SKIPPED = new Set(['node_modules', '.git']);
/** A pattern that matches more was not meant. */
const MAX_FILES = 10_000;

export const isGlob = (path: string): boolean => /[*?{]/.test(path);

/** Files that match, sorted; none where the directory is missing. */
export async function filesMatching(pattern: string): Promise<readonly string[]> {
  const parts = pattern.split('/');
  const fixed = parts.slice(0, parts.findIndex(isGlob));
  const root = fixed.length === 0 ? '.' : fixed.join('/') || '/';
  const expression = globExpression(pattern);
  const found = await filesBelow(root).catch(() => []);
  return found.filter((file) => expression.test(file));
}

/** Every file below a directory, sorted; named as `root` was given. */
export async function filesBelow(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  const walk = async (directory: string): Promise<void> => {
    const entries = await readdir(directory, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = directory === '.' ? entry.name : join(directory, entry.name);
      if (files.length >= MAX_FILES) return;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) await walk(path);
      else if (entry.isFile()) files.push(path.split(sep).join('/'));
    }
  };
  await walk(root);
  return files;
}

function globExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/^\.\//, '')
    .replace(/\*\*\/?|[*?{},]|[.+^$()|[\]\\]/g, (found) => {
      if (found === '**/') return '(?:.*/)?';
      return TOKENS[found] ?? `\\${found}`;
    });
  return new RegExp(`^(?:\\./)?${source}$`);
}

const TOKENS: Readonly<Record<string, string>> = {
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
  '{': '(?:',
  '}': ')',
  ',': '|',
};
