import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#base';
import { ContainerLogs } from './container-logs.ts';

test('the file is there as soon as the container has a log, for whoever follows it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'katasim-logs-'));
  const logs = new ContainerLogs(directory, systemClock);
  onTestFinished(async () => {
    await logs.close();
    await rm(directory, { recursive: true });
  });
  logs.sinks('main');
  expect(existsSync(logs.pathOf('main'))).toBe(true);
});
