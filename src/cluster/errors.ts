/** What can be wrong with the reservation log. All of them fail closed: no slot is granted twice. */
import { KatasimError, messageOf } from '#base';

export const clusterErrors = {
  corruptLog: (file: string, line: number, reason: string) =>
    new KatasimError(
      'CLUSTER_CORRUPT_ACCOUNT',
      `the node's reservation log cannot be read: ${reason}`,
      {
        hint: 'Delete the pods that share this state directory, then remove the file.',
        location: { file, line, column: 1 },
      },
    ),
  logUnusable: (file: string, cause: unknown) =>
    new KatasimError(
      'CLUSTER_ACCOUNT_UNUSABLE',
      `the node's reservation log cannot be used: ${file}: ${messageOf(cause)}`,
      {
        hint: 'Put the state directory on a local disk with free space, where you may write.',
        cause,
      },
    ),
};
