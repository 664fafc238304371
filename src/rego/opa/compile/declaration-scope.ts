/**
 * What has happened to each name so far in a body and in the bodies around it. The frame of a rule's
 * body holds its arguments too; comprehensions and `every` open frames of their own.
 */
export type Occurrence = 'arg' | 'assigned' | 'declared' | 'seen';

interface Entry {
  readonly occurrence: Occurrence;
  /** The declaration counts as one. */
  uses: number;
}

export class DeclarationScope {
  readonly #frames: Map<string, Entry>[] = [new Map<string, Entry>()];

  inFrame<T>(work: () => T): T {
    this.#frames.push(new Map());
    try {
      return work();
    } finally {
      this.#frames.pop();
    }
  }

  /**
   * Declares a name in the innermost frame. The answer says what is wrong with that, if anything.
   */
  declare(name: string, occurrence: 'arg' | 'assigned' | 'declared'): string | undefined {
    const frame = this.#top();
    const before = frame.get(name);
    switch (before?.occurrence) {
      case undefined:
        frame.set(name, { occurrence, uses: 1 });
        return undefined;
      case 'seen':
        return `var ${name} referenced above`;
      case 'assigned':
        return `var ${name} assigned above`;
      case 'declared':
        return `var ${name} declared above`;
      case 'arg':
        return `arg ${name} redeclared`;
    }
  }

  /** Counts a use, and remembers names that nobody declared. */
  use(name: string): void {
    const entry = this.#find(name);
    if (entry !== undefined) entry.uses++;
    else this.#top().set(name, { occurrence: 'seen', uses: 1 });
  }

  /** The name stands for a local rather than for a rule, an import or a builtin. */
  isDeclared(name: string): boolean {
    const entry = this.#find(name);
    return entry !== undefined && entry.occurrence !== 'seen';
  }

  uses(name: string): number {
    return this.#find(name)?.uses ?? 0;
  }

  /** Names of the innermost frame that were introduced in that way and never used afterwards. */
  unused(occurrence: 'assigned' | 'declared'): string[] {
    const names: string[] = [];
    for (const [name, entry] of this.#top()) {
      if (entry.occurrence === occurrence && entry.uses <= 1) names.push(name);
    }
    return names.sort();
  }

  #top(): Map<string, Entry> {
    const frame = this.#frames.at(-1);
    if (frame === undefined) throw new Error('no frame');
    return frame;
  }

  #find(name: string): Entry | undefined {
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const entry = this.#frames[i]?.get(name);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}
