/**
 * Programs that reach out: wget, curl, nc, ping, and what shows the network.
 */
import { errnoOf, SysError, type Errno } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import type { ByteStream } from '../pod-network.ts';
import { chunks, command, complain, duration, options, reason, say, UsageError } from './io.ts';
import { requestHttp, type ClientResponse } from './http.ts';

interface Address {
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

function parseUrl(text: string): Address {
  const match = /^(?:(\w+):\/\/)?(\[[^\]]+\]|[^/:?#]+)(?::(\d+))?([/?][^#]*)?/.exec(text);
  const [, scheme = 'http', host = '', port, path = '/'] = match ?? [];
  if (match === null || host === '') throw new UsageError(`bad address '${text}'`);
  if (scheme !== 'http') throw new UsageError(`protocol "${scheme}" not supported`);
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port ?? 80),
    path: path.startsWith('/') ? path : `/${path}`,
  };
}

/** /etc/hosts, then literal addresses; names beyond that have no resolver here. */
function resolve(process: Process, host: string): string | undefined {
  if (/^[\d.]+$|:/.test(host) || host === 'localhost') return host;
  if (host === process.scope.hostname) return process.network.addresses[0] ?? '127.0.0.1';
  if (!process.files.exists('/etc/hosts')) return undefined;
  for (const line of process.files.readText('/etc/hosts').split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (names.includes(host)) return address;
  }
  return undefined;
}

/** Runs `use` with a connection that the process's end or the time limit breaks. */
async function withConnection<T>(
  process: Process,
  address: Address,
  timeoutMs: number,
  use: (stream: ByteStream, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const host = resolve(process, address.host);
  if (host === undefined) throw new UsageError(`bad address '${address.host}'`);
  const ending = new AbortController();
  const outcome = { expired: false };
  const stop = (): void => ending.abort();
  const timer = process.kernel.timers.after(timeoutMs, () => {
    outcome.expired = true;
    stop();
  });
  process.exitHooks.add(stop);
  let stream: ByteStream | undefined;
  try {
    stream = await process.network.connect(host, address.port, ending.signal);
    const result = await use(stream, ending.signal);
    await process.step();
    return result;
  } catch (error) {
    await process.step();
    if (outcome.expired) throw new SysError('ETIMEDOUT');
    throw error;
  } finally {
    timer.cancel();
    process.exitHooks.delete(stop);
    stream?.destroy();
  }
}

function fetchOnce(
  process: Process,
  url: string,
  how: {
    method: string;
    headers: Record<string, string>;
    body?: string | undefined;
    timeoutMs: number;
  },
): Promise<ClientResponse | undefined> {
  const address = parseUrl(url);
  const host = address.port === 80 ? address.host : `${address.host}:${address.port}`;
  const request = {
    method: how.method,
    host,
    target: address.path,
    headers: how.headers,
    body: how.body,
  };
  return withConnection(process, address, how.timeoutMs, (stream, signal) =>
    requestHttp(stream, request, signal),
  );
}

const DEFAULT_TIMEOUT_MS = 900_000;

const wget = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'qO:ST:c', {
    long: { timeout: 'T', quiet: 'q', spider: 's', 'post-data': 'p' },
    permute: true,
  });
  const [url = ''] = rest;
  if (url === '') throw new UsageError('missing URL');
  const timeoutMs = duration(flags.get('T') ?? '900') ?? DEFAULT_TIMEOUT_MS;
  const address = parseUrl(url);
  if (!flags.has('q'))
    await process.write(
      2,
      `Connecting to ${address.host} (${resolve(process, address.host) ?? address.host}:${address.port})\n`,
    );
  let response: ClientResponse | undefined;
  try {
    response = await fetchOnce(process, url, {
      method: 'GET',
      headers: { 'User-Agent': 'Wget' },
      timeoutMs,
    });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    await complain(
      process,
      'wget',
      `can't connect to remote host (${resolve(process, address.host) ?? address.host}): ${reason(error)}`,
    );
    return 1;
  }
  if (response === undefined || response.status >= 400) {
    await complain(
      process,
      'wget',
      `server returned error: ${response?.head.split(/\r?\n/)[0] ?? 'not HTTP'}`,
    );
    return 1;
  }
  const last = address.path.split(/[?#]/)[0]?.split('/').at(-1) ?? '';
  const target = flags.get('O') ?? (last === '' ? 'index.html' : last);
  if (target === '-') await say(process, response.body);
  else process.files.writeFile(target, response.body);
  return 0;
});

/** curl's exit codes. Source: curl(1), EXIT CODES. */
const CURL_CODES: Partial<Record<Errno, number>> = {
  ECONNREFUSED: 7,
  ENETUNREACH: 7,
  EHOSTUNREACH: 7,
  ETIMEDOUT: 28,
  ECONNRESET: 56,
};

const curl = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'sSfiIvo:w:X:d:H:m:kLA:O', {
    long: {
      silent: 's',
      fail: 'f',
      include: 'i',
      head: 'I',
      output: 'o',
      'write-out': 'w',
      request: 'X',
      data: 'd',
      header: 'H',
      'max-time': 'm',
      insecure: 'k',
      location: 'L',
      'user-agent': 'A',
      'connect-timeout': 'm',
      'show-error': 'S',
      verbose: 'v',
    },
  });
  const [url] = rest;
  if (url === undefined) {
    await process.write(2, "curl: try 'curl --help' or 'curl --manual' for more information\n");
    return 2;
  }
  const fail = async (code: number, message: string): Promise<number> => {
    if (!flags.has('s') || flags.has('S')) await process.write(2, `curl: (${code}) ${message}\n`);
    return code;
  };
  const [headerName = '', headerValue = ''] = (flags.get('H') ?? '').split(/:\s*(.*)/s);
  const headers: Record<string, string> = {
    'User-Agent': flags.get('A') ?? 'curl/7.76.1',
    Accept: '*/*',
    ...(headerName !== '' && { [headerName]: headerValue }),
  };
  const method = flags.get('X') ?? (flags.has('I') ? 'HEAD' : flags.has('d') ? 'POST' : 'GET');
  let response: ClientResponse | undefined;
  try {
    response = await fetchOnce(process, url, {
      method,
      headers,
      body: flags.get('d'),
      timeoutMs: duration(flags.get('m') ?? '300') ?? DEFAULT_TIMEOUT_MS,
    });
  } catch (error) {
    if (error instanceof UsageError) {
      if (error.message.startsWith('protocol'))
        return fail(1, error.message.replace('protocol', 'Protocol'));
      return fail(
        6,
        `Could not resolve host: ${url.replace(/^\w+:\/\//, '').split(/[:/]/)[0] ?? url}`,
      );
    }
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const { host, port } = parseUrl(url);
    if (errno === 'ETIMEDOUT') return fail(28, 'Operation timed out');
    return fail(
      CURL_CODES[errno] ?? 7,
      `Failed to connect to ${host} port ${port}: ${reason(error)}`,
    );
  }
  if (response === undefined) return fail(52, 'Empty reply from server');
  if (flags.has('f') && response.status >= 400)
    return fail(22, `The requested URL returned error: ${response.status}`);
  const shown =
    flags.has('i') || flags.has('I') ? `${response.head.replace(/\r?\n/g, '\r\n')}\r\n\r\n` : '';
  const output = flags.get('o');
  if (output === undefined) {
    await say(process, shown);
    await say(process, response.body);
  } else if (output !== '/dev/null')
    process.files.writeFile(output, Buffer.concat([Buffer.from(shown), response.body]));
  const format = flags.get('w');
  if (format !== undefined)
    await say(
      process,
      format.replace(/%\{http_code\}/g, String(response.status)).replace(/\\n/g, '\n'),
    );
  return 0;
});

/** Copies both ways between a stream and stdin/stdout; ends when the peer does. */
async function relay(process: Process, stream: ByteStream, signal: AbortSignal): Promise<void> {
  const feed = (async (): Promise<void> => {
    for await (const chunk of chunks(process, '-')) await stream.write(chunk, signal);
    stream.end();
  })();
  // Input that ends or fails must not end the output.
  feed.catch(() => stream.end());
  while (true) {
    const data = await stream.read(65536, signal);
    if (data.length === 0) return;
    await say(process, data);
  }
}

const nc = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'lp:vzw:nk');
  const timeoutMs = duration(flags.get('w') ?? 'infinity') ?? Number.MAX_SAFE_INTEGER;
  if (flags.has('l')) {
    const port = Number(flags.get('p') ?? rest.at(-1));
    const [stream, listener] = await accept(process, port);
    const ending = new AbortController();
    process.exitHooks.add(() => ending.abort());
    try {
      await relay(process, stream, ending.signal);
    } finally {
      listener();
      stream.destroy();
    }
    return 0;
  }
  const [host = '', port = ''] = rest;
  try {
    await withConnection(
      process,
      { host, port: Number(port), path: '/' },
      timeoutMs,
      async (stream, signal) => {
        if (flags.has('v') || flags.has('z'))
          await process.write(2, `${host} (${host}:${port}) open\n`);
        if (!flags.has('z')) await relay(process, stream, signal);
      },
    );
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    await complain(process, 'nc', `${host} (${host}:${port}): ${reason(error)}`);
    return 1;
  }
});

async function accept(process: Process, port: number): Promise<readonly [ByteStream, () => void]> {
  let close: () => void = () => undefined;
  const stream = await process.block<ByteStream>((wake) => {
    const listener = process.network.listen(port, (connection) => wake(connection));
    close = () => listener.close();
    return close;
  });
  return [stream, close];
}

const PING_MS = 1000;

const ping = command(async (process, argv) => {
  const { flags, rest } = options(argv, 'c:W:w:i:q4');
  const [host = ''] = rest;
  const address = resolve(process, host);
  if (address === undefined) throw new UsageError(`bad address '${host}'`);
  const count = Number(flags.get('c') ?? Infinity);
  const { network } = process;
  network.openEcho(address);
  await say(process, `PING ${host} (${address}): 56 data bytes\n`);
  let received = 0;
  let sent = 0;
  for (; sent < count; sent++) {
    if (sent > 0) await process.sleep(PING_MS);
    if (!network.echo(address)) continue;
    received++;
    await say(process, `64 bytes from ${address}: seq=${sent} ttl=64 time=0.050 ms\n`);
  }
  const loss = sent === 0 ? 0 : Math.round(((sent - received) / sent) * 100);
  await say(
    process,
    `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${received} packets received, ${loss}% packet loss\n`,
  );
  return received > 0 ? 0 : 1;
});

const ip = command(async (process) => {
  const addresses = process.network.addresses
    .map((address) => `    inet ${address} scope global eth0\n`)
    .join('');
  await say(
    process,
    `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue qlen 1000\n${addresses}`,
  );
  return 0;
});

const nslookup = command(async (process, argv) => {
  const host = argv[1] ?? '';
  const address = resolve(process, host);
  if (address === undefined) {
    await say(process, `** server can't find ${host}: NXDOMAIN\n`);
    return 1;
  }
  await say(process, `Name:\t${host}\nAddress: ${address}\n`);
  return 0;
});

const netstat = command(async (process) => {
  const rows = process.network.ports.map(
    (port) =>
      `tcp        0      0 ${`0.0.0.0:${port}`.padEnd(23)} 0.0.0.0:*               LISTEN\n`,
  );
  await say(
    process,
    `Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address           Foreign Address         State\n${rows.join('')}`,
  );
  return 0;
});

export const clientPrograms: readonly ProgramRow[] = [
  { name: 'wget', run: wget },
  { name: 'curl', run: curl, rss: 4 << 20 },
  { name: 'nc', run: nc },
  { name: 'ping', run: ping },
  { name: 'ip', run: ip },
  { name: 'ifconfig', run: ip },
  { name: 'nslookup', run: nslookup },
  { name: 'netstat', run: netstat },
];
