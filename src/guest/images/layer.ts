/**
 * Image layers from rows: a path and what is there. Later rows replace earlier ones, so an image is
 * a base plus what it changes.
 */
import { createHash } from 'node:crypto';
import type { DirTemplate, Template } from '../fs/node.ts';
import { executable } from '../kernel/executable.ts';

interface Attributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export type LayerRow =
  | ({ readonly path: string; readonly kind: 'dir' } & Attributes)
  | ({ readonly path: string; readonly kind: 'file'; readonly content: Uint8Array } & Attributes)
  | ({ readonly path: string; readonly kind: 'link'; readonly target: string } & Attributes);

/** The OCI image configuration, as far as runtimes use it. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  /** `user`, `uid`, `user:group`; empty is root. */
  readonly user: string;
  readonly workingDir: string;
}

export interface ImageRow {
  /** `registry/repository` without tag, first the one it is shown under. */
  readonly names: readonly string[];
  /** Undefined accepts any tag. */
  readonly tags?: readonly string[];
  readonly config: ImageConfig;
  readonly files: readonly LayerRow[];
}

/** All image content is of this moment; what a container writes is newer. */
const IMAGE_DATE_MS = Date.UTC(2026, 0, 15);

export const dir = (path: string, attributes: Attributes = {}): LayerRow => ({
  path,
  kind: 'dir',
  ...attributes,
});
export const file = (path: string, content: string, attributes: Attributes = {}): LayerRow => ({
  path,
  kind: 'file',
  content: Buffer.from(content, 'utf8'),
  ...attributes,
});
export const link = (path: string, target: string): LayerRow => ({ path, kind: 'link', target });
/** An executable that runs a program of the table. */
export const binary = (path: string, program: string): LayerRow => ({
  path,
  kind: 'file',
  content: executable(program),
  mode: 0o755,
});

interface MutableDir {
  readonly kind: 'dir';
  mode: number;
  uid: number;
  gid: number;
  mtimeMs: number;
  readonly entries: Map<string, Template | MutableDir>;
}

const newDir = (): MutableDir => ({
  kind: 'dir',
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeMs: IMAGE_DATE_MS,
  entries: new Map(),
});

/** The tree of the rows; missing parents are made. */
export function buildTree(rows: readonly LayerRow[]): DirTemplate {
  const root = newDir();
  for (const row of rows) {
    const names = row.path.split('/').filter((name) => name !== '');
    const last = names.pop();
    let at = root;
    for (const name of names) {
      let next = at.entries.get(name);
      if (next?.kind !== 'dir') at.entries.set(name, (next = newDir()));
      at = next as MutableDir;
    }
    const { mode = row.kind === 'file' ? 0o644 : 0o755, uid = 0, gid = 0 } = row;
    if (last === undefined) continue;
    if (row.kind === 'dir') {
      const existing = at.entries.get(last);
      if (existing?.kind === 'dir') Object.assign(existing, { mode, uid, gid });
      else at.entries.set(last, { ...newDir(), mode, uid, gid });
    } else if (row.kind === 'file')
      at.entries.set(last, {
        kind: 'file',
        content: row.content,
        mode,
        uid,
        gid,
        mtimeMs: IMAGE_DATE_MS,
      });
    else
      at.entries.set(last, {
        kind: 'link',
        target: row.target,
        mode: 0o777,
        uid,
        gid,
        mtimeMs: IMAGE_DATE_MS,
      });
  }
  return root;
}

/** A digest that changes exactly when the content or the configuration does. */
export function digestOf(rows: readonly LayerRow[], config: unknown): string {
  const hash = createHash('sha256');
  for (const row of rows) {
    const { mode = 0, uid = 0, gid = 0 } = row;
    hash.update(`${row.path}\0${row.kind}\0${mode}\0${uid}\0${gid}\0`);
    if (row.kind === 'file') hash.update(row.content);
    if (row.kind === 'link') hash.update(row.target);
  }
  hash.update(JSON.stringify(config));
  return `sha256:${hash.digest('hex')}`;
}
