/**
 * Wireshark's decoder on what goes over UDP 9000: VNI, flags, the frame inside and all checksums of both
 * ends. Taken on the worker's veth in the namespace of `--net kernel`, with the kernel's checksum
 * offloading off; where that cannot be turned off, only what our end sent is looked at.
 */
import { join } from 'node:path';
import { scratch, startPod, type RunningPod } from './katasim.ts';
import { Background, has, output, run } from './programs.ts';
import { whyNoNamespace } from './kernel-node.ts';
import type { Report } from './report.ts';

const SCRIPT =
  'mkdir -p /www; dd if=/dev/urandom of=/www/page bs=64k count=8 2>/dev/null; echo ready; exec httpd -f -p 8080 -h /www';

export async function capturePeer(report: Report): Promise<void> {
  const missing = (await whyNoNamespace()) ?? (await whyNoTshark());
  if (missing !== undefined) {
    report.tell('skipped', 'tshark', missing);
    return;
  }
  await using folder = await scratch();
  await using pod = await startPod('capture', SCRIPT, ['--net', 'kernel']);
  const offload = await turnOffloadOff(pod);
  const file = join(folder.path, 'capture.pcap');
  await capture(pod, file);
  const frames = (filter: string, ...fields: string[]): Promise<string[]> =>
    decode(file, filter, fields);
  const ours = offload ? '' : ' && eth.src == 0a:58:0a:f4:01:15';
  const none = async (filter: string): Promise<string> => {
    const found = await frames(filter + ours, 'frame.number', 'frame.protocols');
    if (found.length > 0) throw new Error(`${found.length} frames, the first: ${found[0] ?? ''}`);
    return offload ? 'both ends' : 'our end; ethtool is not there to turn offloading off';
  };
  await report.check('tshark, VXLAN flags 0x0800 and VNI 555000', async () => {
    const all = await frames(
      'vxlan && arp.dst.proto_ipv4 == 10.244.1.21',
      'vxlan.flags',
      'vxlan.vni',
    );
    const tcp = await frames('vxlan && tcp', 'vxlan.flags', 'vxlan.vni');
    const kinds = [...new Set([...all, ...tcp])].filter((kind) => !kind.endsWith('15728640'));
    if (kinds.join() !== '0x0800\t555000') throw new Error(kinds.join('; '));
    return `${tcp.length} frames with TCP`;
  });
  const seen = async (name: string, filter: string): Promise<void> =>
    report.check(`tshark, ${name}`, async () => {
      const found = await frames(filter, 'frame.number');
      if (found.length === 0) throw new Error(`no frame is ${filter}`);
      return `${found.length} frames`;
    });
  await seen('ARP replies of the pod', 'vxlan && arp.src.proto_ipv4 == 10.244.1.21');
  await seen('ICMP echo replies', 'vxlan && icmp.type == 0 && ip.src == 10.244.1.21');
  await seen('a datagram put together from fragments', 'vxlan && ip.reassembled.length > 3000');
  await seen('a TCP handshake from the pod', 'vxlan && tcp.flags == 0x12 && ip.src == 10.244.1.21');
  await report.check('tshark, no malformed frame', () => none('_ws.malformed'));
  await report.check('tshark, no bad IP checksum', () => none('ip.checksum.status == 0'));
  await report.check('tshark, no bad ICMP checksum', () => none('icmp.checksum.status == 0'));
  await report.check('tshark, no bad TCP checksum', () => none('tcp.checksum.status == 0'));
  if (offload) {
    await report.check('tshark, no bad UDP checksum', () => none('udp.checksum.status == 0'));
  } else {
    // Around the frames of either end it is the kernel's, and not filled in yet.
    report.tell('skipped', 'tshark, no bad UDP checksum', 'there is no program ethtool');
  }
}

async function whyNoTshark(): Promise<string | undefined> {
  for (const program of ['tshark', 'tcpdump']) {
    if (!(await has(program))) return `there is no program ${program}`;
  }
  return undefined;
}

/** Of both ends of the veth: the kernel leaves checksums to the card, and a veth has none. */
async function turnOffloadOff({ netns }: RunningPod): Promise<boolean> {
  if (!(await has('ethtool'))) return false;
  const inside = await run(['ip', 'netns', 'exec', netns, 'ethtool', '-K', 'veth0', 'tx', 'off']);
  const links = JSON.parse(await output(['ip', '-j', 'link', 'show', 'type', 'veth'])) as {
    ifname: string;
    ifalias?: string;
  }[];
  const outside = links.find(({ ifalias }) => ifalias === netns)?.ifname ?? '';
  return inside.code === 0 && (await run(['ethtool', '-K', outside, 'tx', 'off'])).code === 0;
}

async function capture({ netns, podIp }: RunningPod, file: string): Promise<void> {
  const inside = ['ip', 'netns', 'exec', netns];
  const filter = ['-Z', 'root', '-U', '-i', 'veth0', '-w', file, 'udp', 'port', '9000'];
  await using tcpdump = new Background([...inside, 'tcpdump', ...filter]);
  await tcpdump.errorLine(/listening on/);
  await output(['ip', '-n', netns, 'neigh', 'flush', 'dev', 'cni0']);
  for (const size of ['56', '4000']) {
    await output([...inside, 'ping', '-n', '-c', '2', '-i', '0.2', '-s', size, podIp]);
  }
  await output([...inside, 'curl', '-sS', '-o', '/dev/null', `http://${podIp}:8080/page`]);
  await run([...inside, 'curl', '-sS', `http://${podIp}:81/`]);
  // What was sent last is in the file once a packet after it is.
  await output([...inside, 'ping', '-n', '-c', '1', podIp]);
}

const CHECKED = ['ip', 'tcp', 'udp'].flatMap((layer) => ['-o', `${layer}.check_checksum:TRUE`]);

async function decode(file: string, filter: string, fields: readonly string[]): Promise<string[]> {
  const text = await output([
    ...[
      'tshark',
      '-r',
      file,
      '-d',
      'udp.port==9000,vxlan',
      ...CHECKED,
      '-Y',
      filter,
      '-T',
      'fields',
    ],
    ...fields.flatMap((field) => ['-e', field]),
  ]);
  return text.split('\n').filter((line) => line !== '');
}
