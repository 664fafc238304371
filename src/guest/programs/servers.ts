/**
 * Programs that serve: nginx, busybox httpd, http-echo.
 */
import { isDir } from '../fs/node.ts';
import { copyBytes } from '../kernel/bytes.ts';
import { errnoOf } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { SIGINT, SIGQUIT, SIGTERM } from '../kernel/signals.ts';
import type { PeerAddress } from '../pod-network.ts';
import { command, complain, options, reason, say } from './io.ts';
import { serveHttp, STATUS_TEXT, type HttpRequest, type HttpResponse } from './http.ts';

interface Server {
  readonly name: string;
  readonly port: number;
  readonly respond: (
    request: HttpRequest,
    peer: PeerAddress,
  ) => HttpResponse | Promise<HttpResponse>;
}

/** Listens until a signal or the process's end; closes what it opened. */
async function serve(process: Process, { name, port, respond }: Server): Promise<void> {
  const ending = new AbortController();
  const listener = process.network.listen(port, (stream, peer) => {
    // A connection that breaks concerns only itself.
    const answer = async (request: HttpRequest): Promise<HttpResponse> => {
      // Stands still while the container is paused.
      await process.step();
      return respond(request, peer);
    };
    serveHttp(stream, answer, {
      server: name,
      signal: ending.signal,
    }).catch(() => stream.destroy());
  });
  const close = (): void => {
    listener.close();
    ending.abort();
  };
  process.exitHooks.add(close);
  for (const signal of [SIGINT, SIGTERM, SIGQUIT]) process.handle(signal, 'catch');
  try {
    while (true) await process.sleep(Number.MAX_SAFE_INTEGER);
  } catch (error) {
    if (errnoOf(error) !== 'EINTR') throw error;
  } finally {
    close();
  }
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  txt: 'text/plain',
  xml: 'text/xml',
  svg: 'image/svg+xml',
  png: 'image/png',
};

/** A file below `root`; the path walk of the container keeps `..` inside it. */
function fileResponse(
  process: Process,
  root: string,
  request: HttpRequest,
  server: string,
): HttpResponse {
  const page = (status: number): HttpResponse => {
    const title = `${status} ${STATUS_TEXT[status] ?? ''}`;
    return {
      status,
      headers: { 'Content-Type': 'text/html' },
      body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>${server}</center>\r\n</body>\r\n</html>\r\n`,
    };
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return page(405);
  try {
    const path = decodeURIComponent(request.target.split(/[?#]/)[0] ?? '/');
    if (path.split('/').includes('..') || path.includes('\0')) return page(400);
    const node = process.files.stat(root + path);
    const target = isDir(node) ? `${root}${path.replace(/\/?$/, '/')}index.html` : root + path;
    const type = TYPES[target.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    return {
      status: 200,
      headers: { 'Content-Type': type },
      body: copyBytes(process.files.readFile(target)),
    };
  } catch (error) {
    if (error instanceof URIError) return page(400);
    const errno = errnoOf(error);
    if (errno === undefined) return page(500);
    return page(errno === 'ENOENT' || errno === 'ENOTDIR' ? 404 : 403);
  }
}

/** First `listen` and `root` of the configuration; enough for the images' own and mounted ones. */
function nginxConfiguration(process: Process): { port: number; root: string } {
  const texts: string[] = [];
  for (const directory of ['/etc/nginx/conf.d', '/etc/nginx/sites-enabled']) {
    if (!process.files.exists(directory)) continue;
    for (const name of process.files.list(directory))
      if (name.endsWith('.conf')) texts.push(process.files.readText(`${directory}/${name}`));
  }
  if (process.files.exists('/etc/nginx/nginx.conf'))
    texts.push(process.files.readText('/etc/nginx/nginx.conf'));
  const text = texts.join('\n').replace(/#[^\n]*/g, '');
  const port = Number(/\blisten\s+(?:[\w.*]+:)?(\d+)/.exec(text)?.[1] ?? 80);
  return { port, root: /\broot\s+([^;\s]+)/.exec(text)?.[1] ?? '/usr/share/nginx/html' };
}

const NGINX = 'nginx/1.29.4';

/** A worker as `ps` shows it: it waits for its master's end. */
async function nginxWorker(process: Process): Promise<number> {
  process.argv = ['nginx: worker process'];
  process.handle(SIGINT, 'ignore');
  await process.sleep(Number.MAX_SAFE_INTEGER);
  return 0;
}

const nginx = command(async (process, argv) => {
  if (argv.includes('-v') || argv.includes('-V')) {
    await process.write(2, `nginx version: ${NGINX}\n`);
    return 0;
  }
  const { port, root } = nginxConfiguration(process);
  if (argv.includes('-t')) {
    await process.write(
      2,
      'nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
    );
    return 0;
  }
  const stamp = (): string => new Date(process.kernel.now()).toISOString();
  const notice = (text: string): Promise<void> =>
    process.write(
      2,
      `${stamp().slice(0, 19).replace(/-/g, '/').replace('T', ' ')} [notice] ${process.pid}#${process.pid}: ${text}\n`,
    );
  await notice(`using the "epoll" event method`);
  await notice(NGINX);
  await notice(`OS: Linux`);
  await notice('start worker processes');
  const worker = process.fork(['nginx: worker process']);
  process.argv = ['nginx: master process nginx -g daemon off;'];
  process.kernel.start(worker, nginxWorker);
  await notice(`start worker process ${worker.pid}`);
  const log = process.install(
    process.files.open('/var/log/nginx/access.log', { write: true, create: true, append: true }),
  );
  const respond = async (request: HttpRequest, peer: PeerAddress): Promise<HttpResponse> => {
    const response = fileResponse(process, root, request, NGINX);
    const time = `${stamp().slice(8, 10)}/${'JanFebMarAprMayJunJulAugSepOctNovDec'.slice(Number(stamp().slice(5, 7)) * 3 - 3, Number(stamp().slice(5, 7)) * 3)}/${stamp().slice(0, 4)}:${stamp().slice(11, 19)} +0000`;
    const agent = request.headers.get('user-agent') ?? '-';
    const line = `${peer.address} - - [${time}] "${request.method} ${request.target} ${request.version}" ${response.status} ${response.body.length} "-" "${agent}" "-"\n`;
    // The answer does not wait for a reader of the log.
    process.write(log, line).catch(() => undefined);
    return Promise.resolve(response);
  };
  try {
    await serve(process, { name: NGINX, port, respond });
  } catch (error) {
    await process.write(
      2,
      `nginx: [emerg] bind() to 0.0.0.0:${port} failed (${errnoOf(error) === 'EADDRINUSE' ? '98' : '13'}: ${reason(error)})\n`,
    );
    return 1;
  }
  process.system.kill([worker], SIGTERM);
  await notice('exit');
  return 0;
});

const httpd = command(async (process, argv) => {
  const { flags } = options(argv, 'fvp:h:u:r:c:');
  const port = Number(/(\d+)$/.exec(flags.get('p') ?? '80')?.[1]);
  const root = flags.get('h') ?? process.cwd;
  try {
    await serve(process, {
      name: 'httpd',
      port,
      respond: (request) => fileResponse(process, root.replace(/\/$/, ''), request, 'httpd'),
    });
  } catch (error) {
    await complain(process, 'httpd', `bind: ${reason(error)}`);
    return 1;
  }
  return 0;
});

/** hashicorp/http-echo: `-text` and `-listen` with one dash. */
const httpEcho = command(async (process, argv) => {
  const words = argv.slice(1).join('\0');
  const text = /-{1,2}text[=\0]([^\0]*)/.exec(words)?.[1];
  const port = Number(/-{1,2}listen[=\0][^\0]*:(\d+)/.exec(words)?.[1] ?? 5678);
  if (text === undefined) {
    await process.write(2, 'Missing -text option!\n');
    return 127;
  }
  const stamp = (): string =>
    new Date(process.kernel.now()).toISOString().slice(0, 19).replace(/-/g, '/').replace('T', ' ');
  await say(process, `${stamp()} [INFO] server is listening on :${port}\n`);
  const respond = (request: HttpRequest, peer: PeerAddress): HttpResponse => {
    const line = `${stamp()} ${request.headers.get('host') ?? ''} ${peer.address}:${peer.port} "${request.method} ${request.target} ${request.version}" 200 ${text.length + 1} "${request.headers.get('user-agent') ?? ''}" 0s\n`;
    process.write(1, line).catch(() => undefined);
    return {
      status: 200,
      headers: {
        'X-App-Name': 'http-echo',
        'X-App-Version': '1.0.0',
        'Content-Type': 'text/plain; charset=utf-8',
      },
      body: `${text}\n`,
    };
  };
  await serve(process, { name: 'http-echo', port, respond });
  return 0;
});

export const serverPrograms: readonly ProgramRow[] = [
  { name: 'nginx', run: nginx, rss: 6 << 20 },
  { name: 'httpd', run: httpd },
  { name: 'http-echo', run: httpEcho, rss: 5 << 20 },
];
