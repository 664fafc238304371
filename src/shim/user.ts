/**
 * The user of a container: numbers and groups as containerd computes them, with the accounts that it
 * reads from the image. Source: containerd pkg/oci/spec_opts.go (WithUser, WithAdditionalGIDs) and
 * internal/cri/opts (mergeGids); Kubernetes fills in the image's user where the pod names none.
 */
import type { Api, Init } from '#wire';
import type { ImageAccounts, ImageConfig } from './image.ts';
import type { SecurityContext } from '#kube';

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export function userOf(context: SecurityContext, image: ImageConfig): Init<Api.User> {
  const [user = '', group = ''] = image.user.split(':');
  const wanted = context.runAsUser === undefined ? user : String(context.runAsUser);
  const account = accountOf(wanted === '' ? '0' : wanted, image.accounts);
  // The image's group goes with the image's user only.
  const ofImage = context.runAsUser === undefined ? groupId(group, image.accounts) : undefined;
  const gid = context.runAsGroup ?? ofImage ?? account.gid;
  const gids = [
    gid,
    ...groupsOf(account.name, image.accounts),
    ...(context.supplementalGroups ?? []),
    ...(context.fsGroup === undefined ? [] : [context.fsGroup]),
  ];
  const AdditionalGids = [...new Set(gids)].sort((a, b) => a - b);
  return { UID: account.uid, GID: gid, AdditionalGids };
}

/** By name or number; a number without an account has group 0. */
function accountOf(user: string, accounts: ImageAccounts | undefined): Account {
  const isNumber = /^\d+$/.test(user);
  for (const [name = '', , uid, gid] of rowsOf(accounts?.passwd)) {
    const found = isNumber ? uid === user : name === user;
    if (found) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return { name: '', uid: isNumber ? Number(user) : 0, gid: 0 };
}

function groupId(group: string, accounts: ImageAccounts | undefined): number | undefined {
  if (group === '') return undefined;
  if (/^\d+$/.test(group)) return Number(group);
  const row = rowsOf(accounts?.group).find(([name]) => name === group);
  return row === undefined ? undefined : Number(row[2]);
}

/** The groups that list the user as a member. */
function groupsOf(user: string, accounts: ImageAccounts | undefined): readonly number[] {
  if (user === '') return [];
  return rowsOf(accounts?.group)
    .filter(([, , , members = '']) => members.split(',').includes(user))
    .map(([, , gid]) => Number(gid));
}

const rowsOf = (text = ''): readonly (readonly string[])[] =>
  text.split('\n').map((line) => line.split(':'));
