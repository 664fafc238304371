import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { expect, test } from 'vitest';
import { currentProcess, isRunning } from './process-identity.ts';

test('a process is recognised by its start, not by its number alone', () => {
  const self = currentProcess();
  expect(isRunning(self)).toBe(true);
  expect(isRunning({ pid: self.pid })).toBe(true);
  // Where the kernel tells no start, the number is all there is.
  expect(isRunning({ ...self, started: 'another' })).toBe(self.started === undefined);
  expect(isRunning({ pid: 0 })).toBe(false);
});

test('a process that has ended is not running', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  expect(isRunning({ pid: child.pid ?? 0, started: '1' })).toBe(false);
});
