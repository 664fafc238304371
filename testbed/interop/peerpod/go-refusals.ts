/** What Go's proxy says of a forwarder of ours that it must not or cannot talk to, and of none at all. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { address, PEER, SERVER_NAME, writeApf, writeGoCertificates } from './go-peer.ts';
import { katasim, katasimRun, PROTOS, scratch } from './katasim.ts';
import { Background, run } from './programs.ts';
import type { Report } from './report.ts';

/** A port that needs root to listen on, and has no user. */
const NOBODY = '127.0.0.1:1';

/** What Go’s proxy logs about a forwarder of ours that it must not or cannot talk to. */
export async function wrongPeers(report: Report): Promise<void> {
  const rows: readonly { note: string; name: string; args: readonly string[]; says: RegExp }[] = [
    {
      note: 'another name',
      name: 'podvm-other-89abcdef',
      args: [],
      says: /certificate is valid for podvm-web-01234567, not podvm-other-89abcdef/,
    },
    {
      note: 'the forwarder speaks plain TCP',
      name: SERVER_NAME,
      args: ['--disable-tls'],
      // To ttrpc a ClientHello is the start of a very long message, and it waits for the rest.
      says: /context deadline exceeded/,
    },
  ];
  for (const { note, name, args, says } of rows) {
    await report.check(`Go’s proxy will not have: ${note}`, async () => {
      await using folder = await scratch();
      await writeGoCertificates(folder.path);
      const apf = await writeApf(folder.path);
      const agent = join(folder.path, 'agent.sock');
      await using forwarder = katasim(
        ...[
          'forwarder',
          '--apf',
          apf,
          '--listen',
          '127.0.0.1:0',
          '--print-endpoints',
          '--kata-agent-socket',
          agent,
          ...args,
        ],
      );
      const target = address(await forwarder.line(/127\.0\.0\.1:\d+/));
      const socket = join(folder.path, 'proxy.sock');
      const { code, stderr } = await run([
        PEER,
        'proxy',
        socket,
        target,
        name,
        folder.path,
        '2s',
        PROTOS,
      ]);
      const said = says.exec(stderr)?.[0];
      if (code !== 1 || said === undefined) throw new Error(`exit code ${code}: ${stderr}`);
      return said;
    });
  }
}

/** Our forwarder hangs up where Go's would send an alert; the proxy's calls fail, and others are served. */
export async function foreignProxy(report: Report): Promise<void> {
  await report.check(
    'our forwarder will not have Go’s proxy with a foreign certificate',
    async () => {
      await using own = await scratch();
      await using foreign = await scratch();
      await writeGoCertificates(own.path);
      await writeGoCertificates(foreign.path);
      // It trusts the forwarder, but the forwarder does not know it.
      await copyFile(join(own.path, 'ca.crt'), join(foreign.path, 'ca.crt'));
      const agent = join(own.path, 'agent.sock');
      await using forwarder = katasim(
        ...['forwarder', '--apf', await writeApf(own.path), '--listen', '127.0.0.1:0'],
        ...['--kata-agent-socket', agent, '--print-endpoints'],
      );
      const target = address(await forwarder.line(/127\.0\.0\.1:\d+/));
      const socket = join(own.path, 'proxy.sock');
      await using proxy = new Background([
        ...[PEER, 'proxy', socket, target, SERVER_NAME, foreign.path, '20s', PROTOS],
      ]);
      await proxy.line(/^ready/);
      const { code, stdout } = await run([PEER, 'calls', socket, PROTOS]);
      const said = /Health\.Check is SERVING: (.*)/.exec(stdout)?.[1];
      if (code !== 1 || said === undefined) throw new Error(stdout);
      return said;
    },
  );
}

/** Nobody listens: both proxies dial at the same times, and give up with the same words. */
export async function retries(report: Report): Promise<void> {
  await report.check('Go’s proxy and ours dial alike when nobody listens', async () => {
    await using folder = await scratch();
    const socket = join(folder.path, 'proxy.sock');
    const go = run([PEER, 'proxy', socket, NOBODY, SERVER_NAME, '-', '4s', PROTOS]);
    const ours = katasimRun(
      ...['proxy', '--socket', `${socket}2`, '--target', NOBODY, '--disable-tls'],
      ...['--proxy-timeout', '4s', '--log-level', 'info'],
    );
    const [theirs, mine] = (await Promise.all([go, ours])).map(({ stderr }) => ({
      tries: stderr.split('Retrying failed agent proxy connection').length - 1,
      reason: /dial tcp 127\.0\.0\.1:1: [\w: ]+/.exec(stderr)?.[0],
      end: /error connecting to agent: .*/.exec(stderr)?.[0],
    }));
    if (JSON.stringify(theirs) !== JSON.stringify(mine) || mine?.end === undefined) {
      throw new Error(`${JSON.stringify(mine)}\nGo: ${JSON.stringify(theirs)}`);
    }
    return `${mine.tries} tries in 4 s, then: ${mine.end}`;
  });
}
