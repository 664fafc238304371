/** Reading of case files: YAML 1.2, in which a bare `=` is a string, and integers keep their digits. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { env } from 'node:process';
import { parse } from 'yaml';
import type { Plain } from './canonical.ts';

export interface CaseFile {
  /** Folder below the root, with `/`. */
  readonly folder: string;
  /** Path below the root, with `/`. */
  readonly path: string;
  readonly cases: readonly Readonly<Record<string, Plain>>[];
}

const portable = (path: string): string => path.split(sep).join('/');

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Every `.yaml` file below `root`, sorted by path. */
export function readCaseFiles(root: string): CaseFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => {
      const document = parse(joinSets(readFileSync(join(root, name), 'utf8')), {
        intAsBigInt: true,
        uniqueKeys: false,
        strict: false,
        logLevel: 'silent',
      }) as { cases?: readonly Readonly<Record<string, Plain>>[] } | null;
      return {
        folder: portable(dirname(relative(root, join(root, name)))),
        path: portable(name),
        cases: document?.cases ?? [],
      };
    });
}

/** Lists that are not indented below their key: libyaml reads them, the YAML standard does not. */
const joinSets = (text: string): string =>
  text.replaceAll(/set!: \[\n[^\]]*\]/g, (list) => list.replaceAll(/\s*\n\s*/g, ' '));

/** Where the recorded cases lie: KATASIM_SHARED, or `../shared` beside the checkout. */
export function sharedFixtures(): string | undefined {
  const root = env['KATASIM_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', 'shared');
  const fixtures = join(root, 'fixtures');
  return isDirectory(fixtures) ? fixtures : undefined;
}

/** JSON text of a document, with every integer in full. */
export function jsonText(value: Plain): string {
  if (typeof value === 'bigint') return bigIntText(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Plain[]).map(jsonText).join(',')}]`;
  const entries = Object.entries(value as Readonly<Record<string, Plain>>);
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`).join(',')}}`;
}

/** Go's and Rust's YAML readers hold what no 64-bit integer can as a double. */
function bigIntText(value: bigint): string {
  const fits = value >= -(2n ** 63n) && value < 2n ** 64n;
  return fits ? String(value) : String(Number(value));
}
