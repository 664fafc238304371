/** What the commands on running pods share: where the records are, and which namespace is meant. */
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '#base';
import { NodeReservations } from '#cluster';
import type { CommandContext, OptionTable } from '../command.ts';
import { cliErrors } from '../errors.ts';
import { currentProcess, isRunning } from './process-identity.ts';
import { PodRecords } from '#node';

export const podOptions: OptionTable = {
  namespace: {
    type: 'string',
    short: 'n',
    value: 'NAME',
    default: 'default',
    summary: 'namespace of the pod',
  },
  'state-dir': {
    type: 'string',
    value: 'DIRECTORY',
    summary: 'where running pods are noted (default: one for you in the temporary directory)',
  },
};

/** Short, because sockets of pods lie below it and their paths are limited to about 100 bytes. */
export function stateDirectory({ options }: Pick<CommandContext, 'options'>): string {
  return options.text('state-dir') ?? join(tmpdir(), `katasim-${userInfo().uid}`);
}

export function podRecords(context: Pick<CommandContext, 'options'>): PodRecords {
  return new PodRecords(stateDirectory(context), isRunning);
}

/** The pods of one state directory run on one node, whichever process they are in. */
export function nodeReservations(context: Pick<CommandContext, 'options'>): NodeReservations {
  return new NodeReservations({
    directory: join(stateDirectory(context), 'node'),
    self: currentProcess(),
    isRunning,
    random: systemRandom,
  });
}

const POD_WORDS = ['pods', 'pod', 'po'];

/** The operands of `get`: `pods`, `pod NAME`, `pod/NAME`; undefined when all are meant. */
export function namedPod([kind = '', name]: readonly string[]): string | undefined {
  const slash = kind.indexOf('/');
  const word = slash < 0 ? kind : kind.slice(0, slash);
  if (!POD_WORDS.includes(word)) throw cliErrors.unknownKind(word);
  if (slash >= 0) return kind.slice(slash + 1);
  return name === undefined ? undefined : podName(name);
}

/** `pod/web`, `pods/web` and `web` mean the same. */
export function podName(operand: string | undefined): string {
  return (operand ?? '').replace(/^pods?\//, '');
}
