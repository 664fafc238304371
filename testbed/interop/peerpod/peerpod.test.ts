/**
 * The part of `npm run interop:peerpod` that takes seconds: OpenSSL, and Go's proxy, forwarder and shim.
 * Skipped where the programs are missing.
 */
import { beforeAll, expect, test } from 'vitest';
import { BUILD_TIMEOUT_MS, buildPeer } from './go-peer.ts';
import { goPeers } from './go.ts';
import { opensslPeer } from './openssl.ts';
import { has } from './programs.ts';
import { Report } from './report.ts';

const failures = async (peer: (report: Report) => Promise<void>): Promise<string[]> => {
  const lines: string[] = [];
  await peer(new Report((line) => lines.push(line)));
  expect(lines.length).toBeGreaterThan(1);
  return lines.filter((line) => !line.startsWith('passed'));
};

let absent: string | undefined = 'not looked for';
let openssl = false;
beforeAll(async () => {
  absent = await buildPeer();
  openssl = await has('openssl');
}, BUILD_TIMEOUT_MS);

test('OpenSSL at port 15150', async ({ skip }) => {
  if (!openssl) skip('no openssl');
  expect(await failures(opensslPeer)).toEqual([]);
});

test('Go’s agent proxy, forwarder and shim', async ({ skip }) => {
  if (absent !== undefined || !openssl) skip(absent ?? 'no openssl');
  expect(await failures(goPeers)).toEqual([]);
}, 180_000);
