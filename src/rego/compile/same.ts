/** Mapping that keeps what does not change: most of a policy is the same after a pass. */

/** The very same array when every element maps to itself. */
export function mapSame<T>(items: readonly T[], change: (item: T) => T): readonly T[] {
  let changed: T[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const before = items[i] as T;
    const after = change(before);
    if (changed === undefined) {
      if (after === before) continue;
      changed = items.slice(0, i);
    }
    changed.push(after);
  }
  return changed ?? items;
}
