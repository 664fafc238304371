/**
 * The ttrpc crate, which the agent, runtime-rs and kata-agent-ctl are made of, as a foreign client of
 * the daemon. Needs Rust; without it this is skipped.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { BUILD_TIMEOUT_MS, buildPeer, startDaemon } from '../agent-daemon.ts';

const here = import.meta.dirname;
const run = promisify(execFile);

let built = false;
beforeAll(async () => {
  built = await buildPeer(here, 'cargo', ['build', '--release', '--locked']);
}, BUILD_TIMEOUT_MS);

test('ttrpc for Rust finds our daemon as it expects an agent', async ({ skip }) => {
  if (!built) skip('no Rust, or no crates');
  const folder = await mkdtemp(join(tmpdir(), 'katasim-rust-'));
  try {
    await using daemon = await startDaemon(`unix://${folder}/agent.sock`);
    const { stdout } = await run(join(here, 'target/release/agent-rust'), [daemon.endpoint]).catch(
      (error: unknown) => error as { stdout: string },
    );
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => !line.startsWith('ok - '))).toEqual([]);
    expect(lines).toHaveLength(11);
    expect(await daemon.exited).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
