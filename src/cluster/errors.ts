/** What can be wrong with a node's account. All of them refuse: a place is never given by mistake. */
import { KatasimError, messageOf } from '#base';

export const clusterErrors = {
  corruptAccount: (file: string, line: number, reason: string) =>
    new KatasimError('CLUSTER_CORRUPT_ACCOUNT', `the node's account cannot be read: ${reason}`, {
      hint: 'Delete the pods that share this state directory, then remove the file.',
      location: { file, line, column: 1 },
    }),
  accountUnusable: (file: string, cause: unknown) =>
    new KatasimError(
      'CLUSTER_ACCOUNT_UNUSABLE',
      `the node's account cannot be used: ${file}: ${messageOf(cause)}`,
      { hint: 'The state directory must be on a local disk with room, and yours to write.', cause },
    ),
};
