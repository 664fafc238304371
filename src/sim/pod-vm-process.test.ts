/** The end that starts a pod VM's process, against a program that is none. */
import process from 'node:process';
import { expect, test } from 'vitest';
import { spawnPodVm } from './pod-vm-process.ts';

test('a process that ends instead of answering an order is told, and so is every later one', async () => {
  await using vm = spawnPodVm(
    [process.execPath, '-e', 'process.stdin.once("data", () => process.exit(7))', '--'],
    [],
  );
  const ended = { code: 'SIM_VM_DEAD', message: 'the process of the pod VM ended with 7' };
  await expect(vm.changeFaults(['15150:reset'])).rejects.toMatchObject(ended);
  await expect(vm.up).rejects.toMatchObject(ended);
  await expect(vm.changeFaults([])).rejects.toMatchObject(ended);
});
