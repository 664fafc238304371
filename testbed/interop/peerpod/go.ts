/**
 * The Go half: programs of ours on the libraries that cloud-api-adaptor and the runtime are made with
 * (peer/), in all three roles that katasim meets. README.md says why not the real ones.
 */
import { join } from 'node:path';
import {
  buildPeer,
  passedAll,
  PEER,
  writeGoCertificates,
  writeOurCertificates,
} from './go-peer.ts';
import { foreignProxy, retries, wrongPeers } from './go-refusals.ts';
import { goProxyOurForwarder, ourProxyGoForwarder, tunnel } from './go-tunnel.ts';
import { openWorker, PROTOS, scratch } from './katasim.ts';
import { output, run } from './programs.ts';
import type { Report } from './report.ts';

export async function goPeers(report: Report): Promise<void> {
  const missing = await buildPeer();
  if (missing !== undefined) {
    report.tell('skipped', 'Go', missing);
    return;
  }
  await certificates(report);
  for (const [made, write] of [
    ['Go’s certificates', writeGoCertificates],
    ['our certificates', writeOurCertificates],
    ['plain TCP', undefined],
  ] as const) {
    await tunnel(report, `Go’s proxy, our forwarder, ${made}`, goProxyOurForwarder, write);
    await tunnel(report, `our proxy, Go’s forwarder, ${made}`, ourProxyGoForwarder, write);
  }
  await wrongPeers(report);
  await foreignProxy(report);
  await retries(report);
  await shim(report);
}

/** Everything but keys, numbers and times, as openssl prints it. */
async function certificates(report: Report): Promise<void> {
  for (const name of ['ca', 'client', 'server']) {
    await report.check(`the ${name} certificate is what Go makes, field by field`, async () => {
      await using ours = await scratch();
      await using theirs = await scratch();
      await writeOurCertificates(ours.path);
      await writeGoCertificates(theirs.path);
      const show = async (folder: string): Promise<string> => {
        const how = ['-noout', '-text', '-certopt', 'no_pubkey,no_sigdump,no_serial,no_validity'];
        const text = await output(['openssl', 'x509', '-in', join(folder, `${name}.crt`), ...how]);
        return text.replace(/(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/g, 'KEY-ID');
      };
      const [our, their] = [await show(ours.path), await show(theirs.path)];
      if (our !== their) throw new Error(`${our}\nGo:\n${their}`);
      return /Subject: .*/.exec(our)?.[0];
    });
  }
}

/** Go’s hypervisor client against our worker. */
async function shim(report: Report): Promise<void> {
  await report.check('Go’s shim, our hypervisor service', async () => {
    await using node = await openWorker();
    return passedAll(
      await run([PEER, 'shim', node.worker.hypervisorSocket, PROTOS], { timeoutMs: 120_000 }),
    );
  });
}
