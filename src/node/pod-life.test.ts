import { expect, test } from 'vitest';
import { steppingClock } from '#base';
import { parseManifest } from '#kube';
import { readyOf, stateOf, statusOf } from './pod-columns.ts';
import { PodLife } from './pod-life.ts';

const pod = (fields = ''): PodLife =>
  new PodLife(
    parseManifest(
      `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: a, image: busybox}, {name: b, image: nginx}]\n${fields}`,
      'pod.yaml',
    ).pods[0]!,
    steppingClock(Date.parse('2026-12-01T10:00:00Z'), 1000),
  );

const started = (fields?: string): PodLife => {
  const life = pod(fields);
  life.scheduled({ name: 'worker', ip: '10.0.0.1' });
  life.started({
    podIP: '10.244.1.21',
    containers: [
      { name: 'a', id: '1' },
      { name: 'b', id: '2' },
    ],
  });
  return life;
};

const conditionsOf = ({ status }: PodLife): Readonly<Record<string, string>> =>
  Object.fromEntries(status.conditions.map(({ type, status: value }) => [type, value]));

test('a pod is Pending until its containers run', () => {
  const life = pod();
  expect(life.status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' });
  expect(conditionsOf(life)).toMatchObject({ PodScheduled: 'False', Ready: 'False' });
  life.scheduled({ name: 'worker', ip: '10.0.0.1' });
  expect(conditionsOf(life)).toMatchObject({ PodScheduled: 'True', Initialized: 'False' });
  expect([statusOf(life.status), readyOf(life.status)]).toEqual(['Pending', '0/2']);
  expect(life.status.containerStatuses.map(stateOf)[0]).toBe('Waiting (ContainerCreating)');
});

test('a running pod has its address, ready containers and the kubelet’s events', () => {
  const life = started();
  expect(life.status).toMatchObject({ phase: 'Running', podIP: '10.244.1.21' });
  expect(life.status.containerStatuses[1]).toMatchObject({
    containerID: 'containerd://2',
    ready: true,
  });
  expect(conditionsOf(life)).toEqual({
    PodScheduled: 'True',
    PodReadyToStartContainers: 'True',
    Initialized: 'True',
    ContainersReady: 'True',
    Ready: 'True',
  });
  expect(life.events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
    'Scheduled: Successfully assigned default/web to worker',
    'Pulled: Container image "busybox" already present on machine',
    'Created: Created container: a',
    'Started: Started container a',
    'Pulled: Container image "nginx" already present on machine',
    'Created: Created container: b',
    'Started: Started container b',
  ]);
});

test('an unready container is named, and only what changed gets a new time', () => {
  const life = started();
  const before = life.status.conditions;
  life.containerReady('b', false);
  const ready = life.status.conditions.find(({ type }) => type === 'Ready');
  expect(ready).toMatchObject({
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [b]',
  });
  expect(ready?.lastTransitionTime).not.toBe(before[4]?.lastTransitionTime);
  expect(life.status.conditions[0]).toEqual(before[0]);
  expect(readyOf(life.status)).toBe('1/2');
});

test.each([
  { note: 'both with 0', ends: [0, 0], phase: 'Succeeded', column: 'Completed' },
  { note: 'one with 3', ends: [0, 3], phase: 'Failed', column: 'Error' },
  { note: 'one of the two', ends: [1], phase: 'Running', column: 'Running' },
])('ended, $note: $phase', ({ ends, phase, column }) => {
  const life = started();
  for (const [i, exitCode] of ends.entries()) {
    life.containerEnded(['a', 'b'][i] ?? '', { exitCode });
  }
  expect(life.status.phase).toBe(phase);
  expect(statusOf(life.status)).toBe(ends.length === 1 ? 'NotReady' : column);
});

test('a container whose end nobody saw is unknown, with the reason in an event', () => {
  const life = started();
  life.containerEnded('a', { lost: 'ttrpc: closed' });
  expect(life.status.containerStatuses.map(stateOf)).toEqual([
    'Unknown (ttrpc: closed)',
    'Running',
  ]);
  expect(life.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'ContainerLost' });
});

test('an event that happens again is counted and moves to the end', () => {
  const life = pod();
  life.event('Warning', 'Unhealthy', 'no');
  life.event('Normal', 'Killing', 'x');
  life.event('Warning', 'Unhealthy', 'no');
  expect(life.events.map(({ reason, count }) => [reason, count])).toEqual([
    ['Killing', 1],
    ['Unhealthy', 2],
  ]);
});

test('a listener hears every change until it is removed', () => {
  const life = pod();
  let heard = 0;
  const stop = life.onChange(() => heard++);
  life.event('Normal', 'A', '');
  stop();
  life.event('Normal', 'B', '');
  expect(heard).toBe(1);
});
