/** `--net`: where the worker's ends of the pod network are. */
import type { PodNetworkKind } from '#peerpod';
import type { CommandContext, OptionTable } from '../command.ts';

export const netOption: OptionTable = {
  net: {
    type: 'string',
    value: 'HOW',
    choices: ['user', 'kernel'],
    default: 'user',
    summary:
      'the worker end of the pod network: in this process, or vxlan devices of the kernel in a network namespace (Linux, root, iproute2)',
  },
};

export function netKind({ options }: Pick<CommandContext, 'options'>): PodNetworkKind {
  return options.text('net') === 'kernel' ? 'kernel' : 'user';
}
