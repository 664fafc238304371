/** The socket of a running pod beside its agent's: faults, the doctor, and streams to its ports. */
import { dirname, join } from 'node:path';
import { podControlAt, type PodControl } from '#sim';
import type { PodRecord } from '#node';

type Found = Pick<PodRecord, 'agentSocketPath'>;

/** No longer than `agent.ttrpc`: paths of unix sockets have room for about a hundred bytes. */
export const controlPath = ({ agentSocketPath }: Found): string =>
  join(dirname(agentSocketPath), 'control');

export const podControl = (record: Found): PodControl => podControlAt(controlPath(record));
