/**
 * The pod VM's own file tree, in memory: what process-user-data and systemd write before the agent
 * starts. Not the containers' file systems; those are the guest's.
 */
interface VmFile {
  readonly data: Uint8Array;
  readonly mode: number;
}

const MAX_LINKS = 8;

export class VmFiles {
  readonly #files = new Map<string, VmFile>();
  readonly #links = new Map<string, string>();

  write(path: string, data: string | Uint8Array, mode = 0o644): void {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
    this.#files.set(this.resolve(path), { data: bytes, mode });
  }

  link(path: string, target: string): void {
    this.#links.set(cleanPath(path), cleanPath(target));
  }

  has(path: string): boolean {
    return this.#files.has(this.resolve(path));
  }

  read(path: string): Uint8Array | undefined {
    return this.#files.get(this.resolve(path))?.data;
  }

  readText(path: string): string | undefined {
    const data = this.read(path);
    return data && Buffer.from(data).toString('utf8');
  }

  /** Every file, by path. */
  list(): readonly string[] {
    return [...this.#files.keys()].sort();
  }

  /** Follows symbolic links of whole paths. */
  resolve(path: string): string {
    let current = cleanPath(path);
    for (let i = 0; i < MAX_LINKS; i++) {
      const next = this.#links.get(current);
      if (next === undefined) return current;
      current = next;
    }
    return current;
  }
}

/** As Go's filepath.Clean for absolute paths. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
