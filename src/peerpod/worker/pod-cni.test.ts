import { expect, test } from 'vitest';
import { createPodCni } from './pod-cni.ts';

test('the gateway and reserved addresses are never a pod’s; what is released comes again', () => {
  const cni = createPodCni('10.244.1.1/29', ['10.244.1.2']);
  const take = (netns: string): string => cni.inspect(netns).podIp;
  const all = ['a', 'b', 'c', 'd'].map(take);
  expect(new Set(all)).toEqual(
    new Set(['10.244.1.3/29', '10.244.1.4/29', '10.244.1.5/29', '10.244.1.6/29']),
  );
  expect(() => take('e')).toThrow('no pod address left');
  expect(take('b')).toBe(all[1]);
  cni.release('b');
  expect(take('e')).toBe(all[1]);
});
