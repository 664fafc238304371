/** The doctor of a pod that has ended: its VM is gone, and its record says what there was to see. */
import { KatasimError } from '#base';
import type { PathDiagnosis } from '#peerpod';
import type { PodRecord } from './records.ts';

/** Throws for a pod that ended in order: then nothing of its path was wrong, and nothing is left. */
export function diagnoseEnded(record: PodRecord): PathDiagnosis {
  const { name, phase, containers, events } = record;
  const lost = containers.filter((container) => container.lost !== undefined);
  if (lost.length === 0) {
    throw new KatasimError(
      'CLI_NOT_RUNNING',
      `pods "${name}" has ended: current phase is ${phase}, and its VM is gone`,
      { hint: `\`katasim describe pod ${name}\` says how; the doctor looks at pods that run.` },
    );
  }
  const faults = events.findLast(({ reason }) => reason.startsWith('Faults'));
  return {
    ok: false,
    findings: [
      ...lost.map((container) => ({
        step: 'proxy' as const,
        severity: 'error' as const,
        message: `the tunnel to the agent broke while container ${container.name} ran: ${container.lost ?? ''}`,
        hint: `It is not dialled again: \`katasim delete pod ${name}\`, then run it anew.`,
      })),
      ...(faults?.reason === 'FaultsOrdered'
        ? [{ step: 'sandbox' as const, severity: 'warning' as const, message: faults.message }]
        : []),
    ],
  };
}
