/**
 * The user of a container: numbers and groups as containerd computes them, with the accounts that it
 * reads from the image. Sources: containerd 2.2, pkg/oci/spec_opts.go (WithUser, WithAdditionalGIDs) and
 * internal/cri/opts (mergeGids); Kubernetes 1.34, pkg/kubelet/kuberuntime (getImageUser).
 */
import type { Api, Init } from '#wire';
import type { ImageAccounts, ImageConfig } from './image.ts';
import type { PodSecurityContext, SecurityContext } from '#kube';

/** User and group of the pause image. */
const PAUSE_ID = 65_535;

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export function userOf(
  context: SecurityContext & PodSecurityContext,
  image: ImageConfig,
): Init<Api.User> {
  // The image's status over CRI has its user only: a group in the image's config is dropped.
  const [user = ''] = image.user.split(':');
  const asked = context.runAsUser === undefined ? user : String(context.runAsUser);
  const account = accountOf(asked === '' ? '0' : asked, image.accounts);
  const gid = context.runAsGroup ?? account.gid;
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

/**
 * The user of the sandbox: of the pod, else of the pause image. Groups of the pod are lost when the user is
 * set. Source: containerd 2.2, internal/cri/server/podsandbox/sandbox_run_linux.go.
 */
export function sandboxUser({ runAsUser, runAsGroup }: PodSecurityContext): Init<Api.User> {
  if (runAsUser === undefined) {
    return { UID: PAUSE_ID, GID: PAUSE_ID, AdditionalGids: [PAUSE_ID] };
  }
  const gid = runAsGroup ?? 0;
  return { UID: runAsUser, GID: gid, AdditionalGids: [gid] };
}

/** The groups that list the user as a member; not the one of the user's own name. */
function groupsOf(user: string, accounts: ImageAccounts | undefined): readonly number[] {
  if (user === '') return [];
  return rowsOf(accounts?.group)
    .filter(([name, , , members = '']) => name !== user && members.split(',').includes(user))
    .map(([, , gid]) => Number(gid));
}

const rowsOf = (text = ''): readonly (readonly string[])[] =>
  text.split('\n').map((line) => line.split(':'));
