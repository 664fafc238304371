/**
 * Users and groups from the container's own /etc/passwd and /etc/group.
 */
import type { FileView } from '../fs/view.ts';
import { errnoOf } from '../kernel/errno.ts';

function table(files: FileView, path: string): string[][] {
  try {
    const rows = files.readText(path).split('\n');
    return rows.map((row) => row.split(':')).filter((row) => row.length >= 3);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

const idsToNames = (rows: readonly (readonly string[])[]): Map<number, string> =>
  new Map(rows.toReversed().map(([name = '', , id = '']) => [Number(id), name]));

/** Names by uid. */
export const users = (files: FileView): Map<number, string> =>
  idsToNames(table(files, '/etc/passwd'));

/** Names by gid. */
export const groups = (files: FileView): Map<number, string> =>
  idsToNames(table(files, '/etc/group'));

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** By name or number. */
export function findUser(files: FileView, wanted: string): Account | undefined {
  const row = table(files, '/etc/passwd').find(
    ([name, , uid]) => name === wanted || uid === wanted,
  );
  if (row === undefined) return undefined;
  const [name = '', , uid = '', gid = '', , home = '/', shell = '/bin/sh'] = row;
  return { name, uid: Number(uid), gid: Number(gid), home, shell };
}

export function findGroup(files: FileView, wanted: string): number | undefined {
  const row = table(files, '/etc/group').find(([name, , gid]) => name === wanted || gid === wanted);
  return row === undefined ? undefined : Number(row[2]);
}

/** Groups that list the user as a member. */
export function memberships(files: FileView, user: string): number[] {
  return table(files, '/etc/group')
    .filter((row) => row[3]?.split(',').includes(user) === true)
    .map((row) => Number(row[2]));
}
