/**
 * The Linux kernel as the other end of the tunnel: `katasim run --net kernel`, and plain ping, curl and
 * sockets in its namespace.
 */
import { startPod } from './katasim.ts';
import { assert, curl, Node, roundTrip, whyNoNamespace } from './kernel-node.ts';
import { download, fromThePod, loss, manyConnections, PART, upload } from './kernel-transfer.ts';
import { has, output, run } from './programs.ts';
import { Skipped, type Report } from './report.ts';

/** The pod's MAC: 0a:58 and the address, as katasim's CNI makes it. */
const POD_MAC = '0a:58:0a:f4:01:15';

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

async function device(node: Node): Promise<string> {
  const text = await node.ip('-d', 'link', 'show', 'type', 'vxlan');
  const line = /vxlan id 555000 remote .*/.exec(text)?.[0] ?? '';
  const wanted = [`remote ${node.pod.vmAddress} `, 'dstport 9000 ', 'nolearning'];
  for (const words of wanted) assert(line.includes(words), `no "${words}" in: ${text}`);
  return line.replace(/ srcport.*/, '');
}

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

async function closedPort(node: Node): Promise<string> {
  const { code, stderr } = await run(node.argv('curl', '-sS', `http://${node.pod.podIp}:81/`));
  // 7: failed to connect, as opposed to 28, a time-out.
  assert(code === 7, `exit code ${code}: ${stderr}`);
  return stderr.trim();
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
