import { expect, test } from 'vitest';
import { mayBeNullInInput } from './nullable.ts';

test.each([
  ['an unset message', ['OCI', 'Linux'], true],
  ['a message in a list', ['storages', 'fs_group'], true],
  ['a list', ['OCI', 'Mounts'], false],
  ['a map', ['OCI', 'Annotations'], false],
  ['a scalar', ['OCI', 'Root', 'Path'], false],
  ['a scalar that keeps apart unset and zero', ['swappiness_max'], true],
  ['no field', ['OCI', 'Nothing'], false],
])('%s: %j is %j', (_note, path, want) => {
  expect(mayBeNullInInput(path)).toBe(want);
});
