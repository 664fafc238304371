import { expect, test } from 'vitest';
import { closeAll, runOnce } from './life.ts';

test('runOnce runs its action once and gives every caller the same end', async () => {
  let runs = 0;
  const close = runOnce(() => {
    runs++;
    return Promise.resolve();
  });
  await Promise.all([close(), close()]);
  await close();
  expect(runs).toBe(1);
});

test('closeAll closes in reverse order and goes on past a failure', async () => {
  const closed: string[] = [];
  const resource = (name: string, fails = false) => ({
    close: () => {
      closed.push(name);
      return fails ? Promise.reject(new Error(name)) : Promise.resolve();
    },
  });
  await expect(closeAll([resource('a'), resource('b', true), resource('c')])).rejects.toThrow(
    'some resources did not close',
  );
  expect(closed).toEqual(['c', 'b', 'a']);
});
