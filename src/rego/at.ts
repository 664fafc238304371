/** Element access where the index is known to be in range; a slip is an exception, not an undefined. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no element ${String(index)}`);
  return item;
}
