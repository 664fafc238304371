/** What can keep an agent from starting. */
import { KatasimError, messageOf } from '#base';

export const agentErrors = {
  policyLog: (path: string, cause: unknown) =>
    new KatasimError('AGENT_POLICY_LOG', `cannot write the policy log: ${messageOf(cause)}`, {
      hint: 'Choose a path in a directory that exists.',
      location: { file: path },
      cause,
    }),
  cannotObserve: (address: string, reason: string | undefined, cause: unknown) =>
    new KatasimError(
      'AGENT_CANNOT_OBSERVE',
      `cannot serve metrics on ${address}: ${reason ?? messageOf(cause)}`,
      { hint: 'Choose another address, or port 0 for a free one.', cause },
    ),
};
