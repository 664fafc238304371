/**
 * Serving and fetching over the pod network, from inside and outside.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  collect,
  openTestGuest,
  processSpec,
  startContainer,
  type TestGuest,
  type TestSandbox,
} from '../testing.ts';
import type { ByteStream } from '../pod-network.ts';

let guest: TestGuest;
let sandbox: TestSandbox;
beforeEach(() => {
  guest = openTestGuest();
  sandbox = guest.sandbox;
});
afterEach(async () => {
  await sandbox.close();
  expect(guest.faults).toEqual([]);
});

const PEER = { address: '10.0.0.9', port: 40000 };

async function exec(argv: readonly string[], id = 'web') {
  await sandbox.execProcess({ container_id: id, exec_id: 'e', process: processSpec(argv) });
  const result = collect(sandbox, id, { execId: 'e' });
  // wget and others may wait for timers.
  for (let i = 0; i < 3; i++) await guest.time.advance(1000);
  return result;
}

async function ask(stream: ByteStream, text: string): Promise<string> {
  await stream.write(Buffer.from(text));
  const parts: Uint8Array[] = [];
  while (true) {
    const data = await stream.read(65536);
    if (data.length === 0) return Buffer.concat(parts).toString();
    parts.push(data);
  }
}

function connect(port: number): ByteStream {
  const stream = sandbox.network.connect(port, PEER);
  if (stream === undefined) throw new Error('refused');
  return stream;
}

describe('nginx', () => {
  beforeEach(async () => {
    await startContainer(sandbox, 'web', ['/docker-entrypoint.sh', 'nginx', '-g', 'daemon off;'], {
      image: 'nginx',
    });
    await guest.time.advance(10);
  });

  test('serves its page to the outside and logs the request to stdout', async () => {
    const answer = await ask(
      connect(80),
      'GET / HTTP/1.1\r\nHost: web\r\nUser-Agent: t\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(
      /^HTTP\/1\.1 200 OK\r\nServer: nginx\/[\d.]+\r\nContent-Type: text\/html\r\n/,
    );
    expect(answer).toContain('Welcome to nginx!');
    const log = await sandbox.readStdout({ container_id: 'web', exec_id: '', len: 4096 });
    expect(Buffer.from(log.data).toString()).toMatch(
      /^10\.0\.0\.9 - - \[01\/Aug\/2026:12:00:0\d \+0000\] "GET \/ HTTP\/1\.1" 200 \d+ "-" "t" "-"\n$/,
    );
  });

  test('keeps a connection for several requests', async () => {
    const stream = connect(80);
    const text =
      'HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const answer = await ask(stream, text);
    expect(answer.match(/HTTP\/1\.1 \d+ [\w ]+/g)).toEqual([
      'HTTP/1.1 200 OK',
      'HTTP/1.1 404 Not Found',
    ]);
  });

  test.each([
    ['no request at all', 'hello\r\n\r\n', '400 Bad Request'],
    ['a method that is not for files', 'POST / HTTP/1.0\r\n\r\n', '405 Not Allowed'],
    ['a path that leads out', 'GET /../../etc/passwd HTTP/1.0\r\n\r\n', '400 Bad Request'],
    ['an encoded one', 'GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.0\r\n\r\n', '400 Bad Request'],
    ['bad encoding', 'GET /%zz HTTP/1.0\r\n\r\n', '400 Bad Request'],
    ['a head without end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(40_000)}\r\n`, '400 Bad Request'],
    [
      'a body beyond bounds',
      'GET / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n',
      '413 Request Entity Too Large',
    ],
  ])('answers %s', async (_, request, want) => {
    expect((await ask(connect(80), request)).split('\r\n')[0]).toBe(`HTTP/1.1 ${want}`);
  });

  test('stands still while its container is paused', async () => {
    await sandbox.pauseContainer({ container_id: 'web', exec_id: '' } as never);
    const stream = connect(80);
    const answer = ask(stream, 'GET / HTTP/1.0\r\n\r\n');
    let answered = false;
    void answer.then(() => (answered = true));
    await guest.time.advance(1000);
    expect(answered).toBe(false);
    await sandbox.resumeContainer({ container_id: 'web' });
    expect(await answer).toContain('200 OK');
  });

  test('shows master and worker, and ends cleanly on SIGTERM with its port free', async () => {
    const { stdout } = await exec(['ps', '-ef']);
    expect(stdout).toContain('nginx: master process');
    expect(stdout).toContain('nginx: worker process');
    await sandbox.signalProcess({ container_id: 'web', exec_id: '', signal: 15 });
    expect(await sandbox.waitProcess({ container_id: 'web', exec_id: '' })).toEqual({ status: 0 });
    expect(sandbox.network.ports()).toEqual([]);
    expect(sandbox.network.connect(80, PEER)).toBeUndefined();
  });

  test('a second one finds the port taken', async () => {
    const { stderr, code } = await exec(['nginx']);
    expect(stderr).toContain('bind() to 0.0.0.0:80 failed (98: Address already in use)');
    expect(code).toBe(1);
  });

  test('a configuration file moves port and root', async () => {
    await startContainer(
      sandbox,
      'other',
      [
        'sh',
        '-c',
        'echo "server { listen 8080; root /srv; }" > /etc/nginx/conf.d/default.conf; echo mine > /srv/index.html; exec nginx',
      ],
      { image: 'nginx' },
    );
    await guest.time.advance(10);
    expect(await ask(connect(8080), 'GET / HTTP/1.0\r\n\r\n')).toContain('\r\n\r\nmine\n');
  });
});

describe('from inside', () => {
  beforeEach(async () => {
    await startContainer(sandbox, 'web', ['httpd', '-f', '-p', '8080', '-h', '/etc'], {
      image: 'busybox',
    });
    await guest.time.advance(10);
    sandbox.network.setAddresses(['10.244.0.7']);
  });

  test.each([
    ['wget by localhost', ['wget', '-q', '-O', '-', 'http://localhost:8080/group']],
    ['wget by the pod IP', ['wget', '-qO-', 'http://10.244.0.7:8080/group']],
  ])('%s', async (_, argv) => {
    expect(await exec(argv)).toMatchObject({
      stdout: expect.stringContaining('root:x:0:'),
      code: 0,
    });
  });

  test('a refused connection and an unknown name are errors', async () => {
    expect(await exec(['wget', '-q', 'http://localhost:1/'])).toMatchObject({
      stderr: "wget: can't connect to remote host (localhost): Connection refused\n",
      code: 1,
    });
    expect(await exec(['wget', '-q', 'http://nowhere.example/'])).toMatchObject({
      stderr: "wget: bad address 'nowhere.example'\n",
      code: 1,
    });
  });

  test('the world outside is reached through the dialer', async () => {
    sandbox.network.setDialer((host, port) => {
      expect([host, port]).toEqual(['192.0.2.1', 80]);
      // The far end is this pod itself.
      return Promise.resolve(connect(8080));
    });
    expect(await exec(['wget', '-qO-', 'http://192.0.2.1/group'])).toMatchObject({
      stdout: expect.stringContaining('root:x:0:'),
    });
    sandbox.network.setDialer(undefined);
    expect(await exec(['wget', '-q', 'http://192.0.2.1/'])).toMatchObject({
      stderr: expect.stringContaining('Network is unreachable'),
    });
  });

  test('a time limit ends a fetch that gets no answer', async () => {
    sandbox.network.setDialer(() => new Promise(() => undefined));
    expect(await exec(['wget', '-q', '-T', '2', 'http://192.0.2.1/'])).toMatchObject({ code: 1 });
  });
});

test('curl and http-echo speak with each other across containers of a pod', async () => {
  await startContainer(sandbox, 'echo', ['/http-echo', '-text=hello there', '-listen=:5678'], {
    image: 'hashicorp/http-echo',
  });
  await startContainer(sandbox, 'web', ['sleep', '1000'], {
    image: 'registry.access.redhat.com/ubi9/ubi',
  });
  await guest.time.advance(10);
  expect(await exec(['curl', '-s', '-w', '%{http_code}', 'http://127.0.0.1:5678/'])).toEqual({
    stdout: 'hello there\n200',
    stderr: '',
    code: 0,
  });
  expect(await exec(['curl', '-s', '-S', 'http://127.0.0.1:1/'])).toMatchObject({
    stderr: 'curl: (7) Failed to connect to 127.0.0.1 port 1: Connection refused\n',
    code: 7,
  });
});

test('a non-root server without the capability gets no low port', async () => {
  const User = { UID: 1000, GID: 1000, AdditionalGids: [] };
  await startContainer(sandbox, 'web', ['httpd', '-f', '-p', '80'], { process: { User } });
  expect(await collect(sandbox, 'web')).toMatchObject({
    stderr: 'httpd: bind: Permission denied\n',
    code: 1,
  });
});

test('closing the sandbox breaks open connections and leaves no listener', async () => {
  await startContainer(sandbox, 'web', ['nc', '-l', '-p', '9000']);
  await guest.time.settle();
  const stream = connect(9000);
  await stream.write(Buffer.from('hi\n'));
  const { data } = await sandbox.readStdout({ container_id: 'web', exec_id: '', len: 10 });
  expect(Buffer.from(data).toString()).toBe('hi\n');
  await sandbox.close();
  await expect(stream.write(Buffer.from('x'))).rejects.toThrow();
  expect(sandbox.network.ports()).toEqual([]);
});
