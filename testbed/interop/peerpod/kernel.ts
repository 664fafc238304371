/**
 * The Linux kernel as the other end of the tunnel: `katasim run --net kernel`, and plain ping, curl and
 * sockets in its namespace.
 */
import { writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { scratch, startPod, type RunningPod } from './katasim.ts';
import { Background, has, output, run } from './programs.ts';
import { Skipped, type Report } from './report.ts';

/** The pod's MAC: 0a:58 and the address, as katasim's CNI makes it. */
const POD_MAC = '0a:58:0a:f4:01:15';
const SERVER_PORT = 5001;

/** For the slow way. */
const PART = 8 << 20;

const script = (megabytes: number): string =>
  [
    'mkdir -p /www/cgi; cd /www; echo hello from the pod > index.html',
    `dd if=/dev/urandom of=big bs=64k count=${megabytes * 16} 2>/dev/null`,
    `dd if=/dev/urandom of=part bs=64k count=${PART >> 16} 2>/dev/null`,
    'echo ready; exec httpd -f -p 8080 -h /www',
  ].join('; ');

export async function kernelPeer(report: Report, megabytes: number): Promise<void> {
  const missing = await whyNoNamespace();
  if (missing !== undefined) {
    report.tell('skipped', 'kernel vxlan', missing);
    return;
  }
  await using pod = await startPod('web', script(megabytes), ['--net', 'kernel']);
  const check = (
    name: string,
    action: (node: Node) => Promise<string | undefined>,
  ): Promise<void> => report.check(`kernel vxlan, ${name}`, () => action(new Node(pod, megabytes)));
  await check('the device', device);
  await check('ping of 0 to 1422 bytes, not to be fragmented', pingUpToMtu);
  await check('ping over the MTU, not to be fragmented', pingOverMtu);
  await check('ping over the MTU, in fragments, to 65507 bytes', pingInFragments);
  await check('ARP', arp);
  await check('an address that nobody has', nobody);
  await check('curl', curl);
  await check('a port that nobody listens on', closedPort);
  await check(`${megabytes} MiB out of the pod`, download);
  await check(`${megabytes} MiB into the pod`, upload);
  await check('1,000 requests, 100 at a time', manyConnections);
  await check('the pod calls a server in the namespace', fromThePod);
  await check('2 % of all packets lost', loss);
  await check('a device as the real adaptor ties it to the pod’s namespace', realLayout);
}

/** Why there can be no namespace to work in. */
export async function whyNoNamespace(): Promise<string | undefined> {
  for (const program of ['ip', 'ping', 'curl', 'bash', 'sha256sum']) {
    if (!(await has(program))) return `there is no program ${program}`;
  }
  const probe = ['netns', 'add', 'kpi-probe'];
  const made = await run(['ip', ...probe]);
  await run(['ip', 'netns', 'del', 'kpi-probe']);
  return made.code === 0 ? undefined : made.stderr.trim();
}

/** The worker's kernel, from its namespace. */
class Node {
  readonly pod: RunningPod;
  readonly megabytes: number;
  readonly url: string;

  constructor(pod: RunningPod, megabytes: number) {
    this.pod = pod;
    this.megabytes = megabytes;
    this.url = `http://${pod.podIp}:8080`;
  }

  argv(...words: string[]): string[] {
    return ['ip', 'netns', 'exec', this.pod.netns, ...words];
  }

  output(...words: string[]): Promise<string> {
    return output(this.argv(...words));
  }

  shell(text: string): Promise<string> {
    return this.output('bash', '-c', `set -o pipefail; ${text}`);
  }

  ip(...words: string[]): Promise<string> {
    return output(['ip', '-n', this.pod.netns, ...words]);
  }

  ping(...words: string[]): Promise<string> {
    return this.output('ping', '-n', '-c', '3', '-i', '0.2', '-W', '3', ...words, this.pod.podIp);
  }
}

function assert(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(text);
}

async function device(node: Node): Promise<string> {
  const text = await node.ip('-d', 'link', 'show', 'type', 'vxlan');
  const line = /vxlan id 555000 remote .*/.exec(text)?.[0] ?? '';
  const wanted = [`remote ${node.pod.vmAddress} `, 'dstport 9000 ', 'nolearning'];
  for (const words of wanted) assert(line.includes(words), `no "${words}" in: ${text}`);
  return line.replace(/ srcport.*/, '');
}

const roundTrip = (text: string): string => /rtt [^=]*= ([\d.]+)\/([\d.]+)/.exec(text)?.[2] ?? '?';

async function pingUpToMtu(node: Node): Promise<string> {
  const times: string[] = [];
  for (const size of [0, 1, 56, 576, 1421, 1422]) {
    const text = await node.ping('-M', 'do', '-s', String(size));
    assert(text.includes(' 0% packet loss'), text);
    if (size >= 16) times.push(`${size}: ${roundTrip(text)} ms`);
  }
  return times.join(', ');
}

async function pingOverMtu(node: Node): Promise<string> {
  const { code, stdout, stderr } = await run(
    node.argv('ping', '-n', '-c', '1', '-W', '2', '-M', 'do', '-s', '1423', node.pod.podIp),
  );
  const said = /message too long, mtu[ =]\d+/i.exec(stdout + stderr)?.[0];
  assert(code !== 0 && said !== undefined, `exit code ${code}: ${stdout}${stderr}`);
  return said;
}

async function pingInFragments(node: Node): Promise<string> {
  const times: string[] = [];
  for (const size of [1423, 3000, 20_000, 65_507]) {
    const text = await node.ping('-s', String(size));
    assert(text.includes(' 0% packet loss'), text);
    times.push(`${size}: ${roundTrip(text)} ms`);
  }
  return times.join(', ');
}

async function arp(node: Node): Promise<string> {
  await node.ip('neigh', 'flush', 'dev', 'cni0');
  await node.ping();
  const text = await node.ip('neigh', 'show', node.pod.podIp);
  assert(text.includes(`lladdr ${POD_MAC} REACHABLE`), text);
  return text.trim();
}

async function nobody(node: Node): Promise<string> {
  const stranger = node.pod.podIp.replace(/\d+$/, '99');
  const { code, stdout } = await run(node.argv('ping', '-n', '-c', '1', '-W', '4', stranger));
  assert(code === 1 && stdout.includes('Destination Host Unreachable'), stdout);
  return 'Destination Host Unreachable';
}

async function curl(node: Node): Promise<string> {
  const text = await node.output('curl', '-sSi', '--max-time', '10', `${node.url}/`);
  assert(/^HTTP\/1\.[01] 200 /.test(text) && text.endsWith('hello from the pod\n'), text);
  return text.split('\r\n')[0] ?? '';
}

async function closedPort(node: Node): Promise<string> {
  const { code, stderr } = await run(node.argv('curl', '-sS', `http://${node.pod.podIp}:81/`));
  // 7: failed to connect, as opposed to 28, a time-out.
  assert(code === 7, `exit code ${code}: ${stderr}`);
  return stderr.trim();
}

const rate = (bytes: number, ms: number): string =>
  `${((bytes * 8) / 1000 / ms).toFixed(0)} Mbit/s (${(ms / 1000).toFixed(2)} s)`;

async function download(node: Node): Promise<string> {
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

async function upload(node: Node): Promise<string> {
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

async function manyConnections(node: Node): Promise<string> {
  const started = performance.now();
  const text = await node.output(
    ...['curl', '-sS', '--no-keepalive', '-H', 'Connection: close', '-Z', '--parallel-max', '100'],
    ...['--max-time', '60', '-o', '/dev/null', '-w', '%{http_code}\n', `${node.url}/?[1-1000]`],
  );
  const good = text.split('\n').filter((line) => line === '200').length;
  assert(good === 1000, `${good} of 1000 answered`);
  return `${(1e6 / (performance.now() - started)).toFixed(0)} requests per second`;
}

async function fromThePod(node: Node): Promise<string> {
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

async function loss(node: Node): Promise<string> {
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

/**
 * What cloud-api-adaptor does on StartVM with the pod's namespace (its pkg/podnetwork/tunneler/vxlan):
 * the device moves there, and two redirects tie it to the pod's interface.
 */
async function realLayout(node: Node): Promise<string> {
  if (!(await has('tc'))) throw new Skipped('there is no program tc');
  const { netns, podIp, vmAddress } = node.pod;
  const podns = `${netns}-podns`;
  await output(['ip', 'netns', 'add', podns]);
  try {
    const inPod = (...words: string[]): Promise<string> => output(['ip', '-n', podns, ...words]);
    await node.ip('link', 'del', 'vxlan555000');
    await node.ip('link', 'add', 'vethpod', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', podns);
    await node.ip('link', 'set', 'vethpod', 'master', 'cni0', 'up');
    await inPod('link', 'set', 'eth0', 'address', POD_MAC, 'mtu', '1450', 'up');
    await inPod('addr', 'add', `${podIp}/24`, 'dev', 'eth0');
    const kind = ['type', 'vxlan', 'id', '555000', 'remote', vmAddress, 'dstport', '9000'];
    await node.ip('link', 'add', 'ppvxlan1', ...kind, 'nolearning');
    await node.ip('link', 'set', 'ppvxlan1', 'netns', podns, 'name', 'vxlan1');
    await inPod('link', 'set', 'vxlan1', 'up');
    for (const [from, to] of [
      ['eth0', 'vxlan1'],
      ['vxlan1', 'eth0'],
    ] as const) {
      await output(['tc', '-n', podns, 'qdisc', 'add', 'dev', from, 'ingress']);
      const match = ['parent', 'ffff:', 'protocol', 'all', 'u32', 'match', 'u32', '0', '0'];
      const action = ['action', 'mirred', 'egress', 'redirect', 'dev', to];
      await output(['tc', '-n', podns, 'filter', 'add', 'dev', from, ...match, ...action]);
    }
    await node.ip('neigh', 'flush', 'dev', 'cni0');
    const ping = await node.ping('-M', 'do', '-s', '1422');
    assert(ping.includes(' 0% packet loss'), ping);
    await curl(node);
    return `ping of 1422 bytes ${roundTrip(ping)} ms, curl`;
  } finally {
    await output(['ip', 'netns', 'del', podns]);
  }
}
