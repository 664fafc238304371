import { expect, test, vi } from 'vitest';
import { PodJournal } from './journal.ts';
import type { PodRecord, PodRecords } from './records.ts';

test('a record that cannot be written for a while does not end the pod, and catches up', () => {
  vi.useFakeTimers();
  const written: string[][] = [];
  let isFull = false;
  const write = ({ events }: PodRecord): void => {
    if (isFull) throw new Error('ENOSPC: no space left on device');
    written.push(events.map(({ reason }) => reason));
  };
  const journal = new PodJournal({ write } as unknown as PodRecords);
  journal.begin({ containers: [] } as unknown as Parameters<PodJournal['begin']>[0]);
  isFull = true;
  journal.event('Warning', 'Unhealthy', 'probe failed');
  vi.runOnlyPendingTimers();
  expect(written).toEqual([[]]);
  isFull = false;
  vi.runOnlyPendingTimers();
  expect(written.at(-1)).toEqual(['Unhealthy']);
  journal.close();
  vi.useRealTimers();
});
