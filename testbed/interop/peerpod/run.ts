/**
 * `npm run interop:peerpod [-- --only kernel,openssl --megabytes 100]`: our ends of the peer-pod
 * path against programs that we did not write. A line for each check; exit code 1 when one failed.
 */
import process, { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { messageOf } from '#base';
import buildBundle from '../../build-bundle.ts';
import { capturePeer } from './capture.ts';
import { goPeers } from './go.ts';
import { kernelPodPeer } from './kernel-pod.ts';
import { kernelPeer } from './kernel.ts';
import { opensslPeer } from './openssl.ts';
import { Report } from './report.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    only: { type: 'string' },
    megabytes: { type: 'string', default: '100' },
  },
});

const peers: Readonly<Record<string, (report: Report, megabytes: number) => Promise<void>>> = {
  kernel: kernelPeer,
  'kernel-pod': kernelPodPeer,
  capture: capturePeer,
  openssl: opensslPeer,
  go: goPeers,
};

buildBundle();
const chosen = values.only?.split(',') ?? Object.keys(peers);
const report = new Report((line) => stdout.write(`${line}\n`));
for (const name of chosen) {
  const peer = peers[name];
  if (peer === undefined) {
    report.tell(
      'failed',
      name,
      `there is no such peer; there are ${Object.keys(peers).join(', ')}`,
    );
    continue;
  }
  try {
    await peer(report, Number(values.megabytes));
  } catch (error) {
    report.tell('failed', name, messageOf(error));
  }
}
stdout.write(`${report.summary()}\n`);
process.exitCode = report.counts.failed > 0 ? 1 : 0;
