/**
 * The built-in images. Adding one is adding a row to `IMAGES`: names it answers to, what starts in it,
 * and the rows of its file system.
 */
import type { DirTemplate, Template } from '../fs/node.ts';
import { alpineImage, busyboxImage, stressImage } from './busybox.ts';
import { httpEchoImage, pauseImage } from './minimal.ts';
import { buildTree, digestOf, type ImageConfig, type ImageRow } from './layer.ts';
import { nginxImage } from './nginx.ts';
import { parseReference } from './reference.ts';
import { ubi9Image } from './ubi9.ts';

export interface CatalogueImage {
  readonly name: string;
  readonly digest: string;
  readonly config: ImageConfig;
  readonly tree: DirTemplate;
}

const IMAGES: readonly ImageRow[] = [
  busyboxImage,
  alpineImage,
  ubi9Image,
  nginxImage,
  httpEchoImage,
  stressImage,
  pauseImage,
];

export class ImageCatalogue {
  readonly #rows: readonly ImageRow[];
  readonly #built = new Map<ImageRow, CatalogueImage>();

  constructor(rows: readonly ImageRow[] = IMAGES) {
    this.#rows = rows;
  }

  /** Undefined when the catalogue has no such image (or not under that tag or digest). */
  find(text: string): CatalogueImage | undefined {
    const reference = parseReference(text);
    if (reference === undefined) return undefined;
    const { registry, repository, tag, digest } = reference;
    for (const row of this.#rows) {
      if (!row.names.includes(`${registry}/${repository}`)) continue;
      if (tag !== undefined && row.tags !== undefined && !row.tags.includes(tag)) continue;
      const image = this.#build(row);
      if (digest !== undefined && digest !== image.digest) continue;
      return image;
    }
    return undefined;
  }

  /** All images, for `--help` texts and error hints. */
  list(): CatalogueImage[] {
    return this.#rows.map((row) => this.#build(row));
  }

  /** A file of an image as text, links not followed; empty when there is none. */
  static textOf({ tree }: CatalogueImage, path: string): string {
    let node: Template | undefined = tree;
    for (const name of path.split('/').filter((part) => part !== '')) {
      node = node?.kind === 'dir' ? node.entries.get(name) : undefined;
    }
    return node?.kind === 'file' ? Buffer.from(node.content).toString('utf8') : '';
  }

  #build(row: ImageRow): CatalogueImage {
    const known = this.#built.get(row);
    if (known !== undefined) return known;
    const image: CatalogueImage = {
      name: row.names[0] ?? '',
      digest: digestOf(row.files, row.config),
      config: row.config,
      tree: buildTree(row.files),
    };
    this.#built.set(row, image);
    return image;
  }
}
