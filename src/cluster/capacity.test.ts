import { expect, test } from 'vitest';
import fc from 'fast-check';
import { NodeCapacity } from './capacity.ts';
import { advertised, demandOf, VM_RESOURCE } from '#kube';

const PEER_POD = demandOf({ namespace: 'default', runtimeClassName: 'kata-remote' });
const FULL =
  '0/1 nodes are available: 1 Insufficient kata.peerpods.io/vm. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.';

test('a peer pod takes one VM and the overhead of its class', () => {
  expect(PEER_POD).toEqual({ cpu: 250, memory: 125_829_120, 'kata.peerpods.io/vm': 1 });
});

test.each([
  { note: 'an excluded namespace', namespace: 'kube-system', runtimeClassName: 'kata-remote' },
  { note: 'another runtime class', namespace: 'default', runtimeClassName: 'kata' },
  { note: 'no runtime class', namespace: 'default', runtimeClassName: undefined },
])('$note: no VM is counted', (pod) => {
  expect(demandOf(pod)[VM_RESOURCE]).toBeUndefined();
});

test('the pod beyond the limit stays out, and its place is free again after a delete', () => {
  const node = new NodeCapacity(advertised(2));
  expect(node.place('a', PEER_POD).kind).toBe('placed');
  expect(node.place('b', PEER_POD).kind).toBe('placed');
  expect(node.place('c', PEER_POD)).toEqual({ kind: 'unschedulable', message: FULL });
  expect(node.place('b', PEER_POD).kind).toBe('placed');
  expect([node.release('a'), node.release('a')]).toEqual([true, false]);
  expect(node.place('c', PEER_POD).kind).toBe('placed');
  expect(node.pods).toEqual(['b', 'c']);
});

test.each([0, -1])('with a limit of %i there is no place', (limit) => {
  expect(new NodeCapacity(advertised(limit)).place('a', PEER_POD)).toMatchObject({ message: FULL });
});

test('several reasons stand in alphabetical order', () => {
  const node = new NodeCapacity({ ...advertised(0), memory: 1, cpu: 100 });
  expect(node.place('a', PEER_POD)).toMatchObject({
    message: expect.stringContaining(
      ': 1 Insufficient cpu, 1 Insufficient kata.peerpods.io/vm, 1 Insufficient memory.',
    ) as string,
  });
});

test('whatever comes and goes, a node never gives more than it has and forgets nobody', () => {
  const step = fc.record({ pod: fc.constantFrom('a', 'b', 'c', 'd', 'e'), come: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), fc.nat(4), (steps, limit) => {
      const node = new NodeCapacity(advertised(limit));
      const model = new Set<string>();
      for (const { pod, come } of steps) {
        if (!come) expect(node.release(pod)).toBe(model.delete(pod));
        else if (node.place(pod, PEER_POD).kind === 'placed') model.add(pod);
        else expect(model.size).toBe(limit);
        expect(new Set(node.pods)).toEqual(model);
        expect(node.used(VM_RESOURCE)).toBe(model.size);
        expect(model.size).toBeLessThanOrEqual(limit);
      }
    }),
  );
});
