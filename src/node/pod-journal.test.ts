import { expect, test, vi } from 'vitest';
import { parseManifest } from '#kube';
import { PodJournal, type RecordBase } from './pod-journal.ts';
import { PodLife } from './pod-life.ts';
import type { PodRecord } from './pod-record.ts';

const manifest = `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: main, image: busybox}]}
`;

test('a record that cannot be written for a while does not end the pod, and catches up', () => {
  vi.useFakeTimers();
  const written: string[][] = [];
  let isFull = false;
  const write = ({ events }: PodRecord): void => {
    if (isFull) throw new Error('ENOSPC: no space left on device');
    written.push(events.map(({ reason }) => reason));
  };
  const life = new PodLife(parseManifest(manifest, 'pod.yaml').pods[0]!);
  const journal = new PodJournal({ write }, life);
  journal.begin({} as RecordBase);
  isFull = true;
  life.event('Warning', 'Unhealthy', 'probe failed');
  vi.runOnlyPendingTimers();
  expect(written).toEqual([[]]);
  isFull = false;
  vi.runOnlyPendingTimers();
  expect(written.at(-1)).toEqual(['Unhealthy']);
  journal.close();
  vi.useRealTimers();
});
