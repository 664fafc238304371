/** Policies compiled by a real OPA (testdata/compiled/make.sh), judged by the same gate. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AgentPolicy } from './agent-policy.ts';
import { policyDocument } from './load-policy.ts';
import type { Budget } from './engine.ts';

const read = (file: string): Buffer =>
  readFileSync(join(import.meta.dirname, 'testdata/compiled', file));

async function open(bytes: Uint8Array, budget: Partial<Budget> = {}) {
  const document = await policyDocument(bytes, { source: 'image-default', module: 'policy' });
  return AgentPolicy.open([document], { budget });
}

describe.each(['policy.wasm', 'package.wasm', 'bundle.tar.gz', 'bundle.tar', 'policy.rego'])(
  '%s',
  (file) => {
    test('decides as the text it was compiled from', async () => {
      const policy = await open(read(file));
      const verdict = (endpoint: string, input = {}) => {
        const { verdict: found, code } = policy.decide(endpoint, input);
        return `${found} ${code}`;
      };
      expect(verdict('CreateSandboxRequest')).toBe('allow 0');
      expect(verdict('ExecProcessRequest', { process: { Args: ['id'] } })).toBe('allow 0');
      expect(verdict('ExecProcessRequest', { process: { Args: ['sh'] } })).toBe('deny 7');
      expect(verdict('WaitProcessRequest')).toBe('fault 13');
      // No rule, or no entrypoint.
      expect(verdict('PauseContainerRequest')).toBe('fault 13');
    });

    test('keeps state', async () => {
      const policy = await open(read(file));
      const input = { container_id: 'c1', OCI: { Mounts: [] } };
      expect(policy.decide('StartContainerRequest', input).verdict).toBe('fault');
      expect(policy.decide('CreateContainerRequest', input).verdict).toBe('allow');
      expect(policy.state).toEqual({ pstate: { 'created-c1': true } });
      expect(policy.decide('StartContainerRequest', input).verdict).toBe('allow');
    });
  },
);

test('a bundle’s data is there, and the state does not hide it', async () => {
  const policy = await open(read('bundle.tar.gz'));
  expect(policy.decide('SignalProcessRequest', { signal: 9 }).verdict).toBe('allow');
  expect(policy.decide('SignalProcessRequest', { signal: 10 }).verdict).toBe('deny');
});

test('the provenance names the engine and the bytes', async () => {
  const policy = await open(read('bundle.tar.gz'));
  expect(policy.provenance).toMatchObject({
    engine: 'wasm',
    module: 'policy',
    digest: /^sha256:[0-9a-f]{64}$/,
  });
});

test('a module that runs too long is a fault, and goes on deciding afterwards', async () => {
  const policy = await open(read('policy.wasm'), { timeMs: 200 });
  const slow = policy.decide('StatsContainerRequest', {});
  expect(slow).toMatchObject({ verdict: 'fault', code: 13, overBudget: true });
  expect(slow.reason).toContain('evaluation took longer than 200 ms');
  expect(policy.decide('CreateSandboxRequest', {}).verdict).toBe('allow');
});

describe('bytes that are no policy', () => {
  test.each([
    { note: 'no text', bytes: Buffer.from([0xff, 0xfe]), code: 'POLICY_NOT_UTF8' },
    {
      note: 'no module behind the magic',
      bytes: Buffer.from('\0asm\x01\0\0\0'),
      code: 'POLICY_BAD_MODULE',
    },
    { note: 'gzip cut short', bytes: gzipSync('x').subarray(0, 12), code: 'POLICY_BAD_MODULE' },
    { note: 'gzip of something else', bytes: gzipSync('text'), code: 'POLICY_BAD_MODULE' },
    {
      note: 'an archive cut short',
      bytes: read('bundle.tar').subarray(0, 2000),
      code: 'POLICY_BAD_MODULE',
    },
    {
      note: 'an archive without module',
      bytes: gzipSync(read('bundle.tar').subarray(0, 1024)),
      code: 'POLICY_BAD_MODULE',
    },
    { note: 'a gzip bomb', bytes: gzipSync(Buffer.alloc(80 << 20)), code: 'POLICY_BAD_MODULE' },
  ])('$note', async ({ bytes, code }) => {
    await expect(open(bytes)).rejects.toMatchObject({ code });
  });
});
