/** Bytes over the tunnel: large, many at once, from the pod, and over a link that loses packets. */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scratch } from './katasim.ts';
import { assert, rate, type Node } from './kernel-node.ts';
import { Background, has, output, run } from './programs.ts';
import { Skipped } from './report.ts';

const SERVER_PORT = 5001;
/** What goes over the link that loses packets. */
export const PART = 8 << 20;

export async function download(node: Node): Promise<string> {
  const [wanted = ''] = (await node.pod.exec('sha256sum', '/www/big')).split(' ');
  const started = performance.now();
  const text = await node.shell(
    `curl -sS --max-time 120 ${node.url}/big | tee >(wc -c >&2) | sha256sum`,
  );
  const ms = performance.now() - started;
  const [got = ''] = text.split(' ');
  assert(got === wanted && got.length === 64, `sent ${wanted}, got ${got}`);
  return `${rate(node.megabytes << 20, ms)}, sha256 ${got.slice(0, 12)} equal`;
}

export async function upload(node: Node): Promise<string> {
  await using folder = await scratch();
  const file = join(folder.path, 'upload');
  await writeFile(file, randomBytes(node.megabytes << 20));
  const [wanted = ''] = (await output(['sha256sum', file])).split(' ');
  const { podIp } = node.pod;
  await using receiver = node.pod.execInBackground(
    'sh',
    '-c',
    `nc -l -p ${SERVER_PORT} | sha256sum`,
  );
  // Refused until the receiver listens.
  const knock = `until { exec 3<>/dev/tcp/${podIp}/${SERVER_PORT}; } 2>/dev/null; do sleep 0.1; done`;
  const send = `${knock}; echo connected; cat ${file} >&3`;
  await using sender = new Background(node.argv('timeout', '120', 'bash', '-c', send));
  await sender.line(/connected/);
  const started = performance.now();
  const line = await receiver.line(/^[0-9a-f]{64}/);
  const ms = performance.now() - started;
  assert(line.startsWith(wanted), `sent ${wanted}, got ${line}`);
  return `${rate(node.megabytes << 20, ms)}, sha256 ${wanted.slice(0, 12)} equal`;
}

export async function manyConnections(node: Node): Promise<string> {
  const started = performance.now();
  const text = await node.output(
    ...['curl', '-sS', '--no-keepalive', '-H', 'Connection: close', '-Z', '--parallel-max', '100'],
    ...['--max-time', '60', '-o', '/dev/null', '-w', '%{http_code}\n', `${node.url}/?[1-1000]`],
  );
  const good = text.split('\n').filter((line) => line === '200').length;
  assert(good === 1000, `${good} of 1000 answered`);
  return `${(1e6 / (performance.now() - started)).toFixed(0)} requests per second`;
}

export async function fromThePod(node: Node): Promise<string> {
  const address =
    /inet ([\d.]+)/.exec(await node.ip('-4', 'addr', 'show', 'dev', 'cni0'))?.[1] ?? '';
  const code = `require('http').createServer((q, r) => r.end('you are ' + q.socket.remoteAddress))
    .listen(8000, '${address}', () => console.log('listening'))`;
  await using server = new Background(node.argv('node', '-e', code));
  await server.line(/listening/);
  const text = await node.pod.exec('wget', '-qO-', `http://${address}:8000/`);
  assert(text.trim() === `you are ${node.pod.podIp}`, text);
  return text.trim();
}

export async function loss(node: Node): Promise<string> {
  const netem = ['tc', 'qdisc', 'add', 'dev', 'veth0', 'root', 'netem', 'loss', '2%'];
  const chance = ['-m', 'statistic', '--mode', 'random', '--probability', '0.02', '-j', 'DROP'];
  const filters = ['INPUT', 'OUTPUT'].map((chain) => [
    'iptables',
    '-A',
    chain,
    '-p',
    'udp',
    ...chance,
  ]);
  let by = 'tc netem';
  if (!(await has('tc')) || (await run(node.argv(...netem))).code !== 0) {
    by = 'iptables';
    if (!(await has('iptables'))) throw new Skipped('neither tc netem nor iptables is there');
    for (const filter of filters) await node.output(...filter);
  }
  const started = performance.now();
  const text = await node.shell(`curl -sS --max-time 120 ${node.url}/part | wc -c`);
  const ms = performance.now() - started;
  if (by === 'iptables') await node.output('iptables', '-F');
  else await node.output('tc', 'qdisc', 'del', 'dev', 'veth0', 'root');
  assert(Number(text) === PART, `${text.trim()} bytes came`);
  return `8 MiB out of the pod, ${rate(PART, ms)}, lost by ${by}`;
}
