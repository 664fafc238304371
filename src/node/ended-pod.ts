/** Diagnoses a pod that has ended from its record; its VM is gone. */
import type { PathDiagnosis } from '#peerpod';
import { nodeErrors } from './errors.ts';
import type { PodRecord } from './pod-record.ts';

/** Throws for a pod that ended normally: its path was not at fault. */
export function diagnoseEnded({ name, status, events }: PodRecord): PathDiagnosis {
  const lost = status.containerStatuses.flatMap((container) => {
    const { terminated } = container.state;
    const isLost = terminated?.reason === 'ContainerStatusUnknown';
    return isLost ? [{ container: container.name, cause: terminated.message ?? '' }] : [];
  });
  if (lost.length === 0) throw nodeErrors.hasEnded(name, status.phase);
  const faults = events.findLast(({ reason }) => reason.startsWith('Faults'));
  return {
    ok: false,
    findings: [
      ...lost.map(({ container, cause }) => ({
        step: 'proxy' as const,
        severity: 'error' as const,
        message: `the tunnel to the agent broke while container ${container} ran: ${cause}`,
        hint: `It is not dialled again: \`katasim delete pod ${name}\`, then run it anew.`,
      })),
      ...(faults?.reason === 'FaultsOrdered'
        ? [{ step: 'sandbox' as const, severity: 'warning' as const, message: faults.message }]
        : []),
    ],
  };
}
