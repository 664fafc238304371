import { once } from 'node:events';
import { join } from 'node:path';
import { createSimulator } from '#sim';
import type { Command } from '../command.ts';
import {
  adaptorVersionOption,
  imagePolicyOption,
  kataVersionOption,
  printEndpointsOption,
} from '../options.ts';
import { readText } from '../files.ts';
import { netKind, netOption } from '../peerpod/net-option.ts';
import { parseConfigMap } from '#kube';
import { noteNetns } from '../pods/pod-record.ts';

export const command: Command = {
  usage: 'adaptor --socket PATH [--pods-dir DIRECTORY] [--peer-pods-cm FILE]',
  details: [
    'Serves hypervisor.Hypervisor and podvminfo.PodVMInfo over ttrpc as cloud-api-adaptor does: CreateVM,',
    'StartVM, StopVM. A runtime finds it as remote_hypervisor_socket; katasim call makes single calls. Each',
    'pod gets a VM with its agent here, an agent proxy, TLS, and a VXLAN tunnel.',
  ].join('\n'),
  options: {
    socket: {
      type: 'string',
      value: 'PATH',
      default: '/run/peerpod/hypervisor.sock',
      summary: 'where shims call',
    },
    'pods-dir': {
      type: 'string',
      value: 'DIRECTORY',
      summary: 'apf.json and agent sockets of pods (default: a temporary one)',
    },
    'peer-pods-cm': {
      type: 'string',
      value: 'FILE',
      summary: 'ConfigMap of the adaptor: INITDATA, VXLAN_PORT, PROXY_TIMEOUT, ...',
    },
    'image-policy': imagePolicyOption,
    'kata-version': kataVersionOption('behave as this Kata release'),
    'adaptor-version': adaptorVersionOption(
      'read initdata as this cloud-api-adaptor does: one annotation key',
    ),
    ...netOption,
    fault: {
      type: 'string',
      multiple: true,
      value: 'FAULT',
      summary: 'what is wrong with every pod VM (katasim peerpod fault --help lists faults)',
    },
    'print-endpoints': printEndpointsOption,
  },
  examples: [
    'katasim adaptor --socket /tmp/hypervisor.sock',
    "katasim call -a unix:///tmp/hypervisor.sock hypervisor.Hypervisor/Version 'json://{}'",
  ],
  operands: { min: 0, max: 0 },
  async run(context) {
    const { options, output, logger, signal, stdin, packageRoot } = context;
    const socket = options.text('socket') ?? '';
    const imagePolicy =
      options.text('image-policy') ?? join(packageRoot, 'policies', 'allow-all.rego');
    const configFile = options.text('peer-pods-cm');
    const [podsDir, kataVersion, adaptorVersion] = [
      'pods-dir',
      'kata-version',
      'adaptor-version',
    ].map((name) => options.text(name));
    await using sim = await createSimulator({
      imagePolicy: await readText(imagePolicy, stdin),
      hypervisorSocket: socket,
      faults: options.list('fault'),
      net: netKind(context),
      logger,
      ...(podsDir !== undefined && { podsDir }),
      ...(kataVersion !== undefined && { kataVersion }),
      ...(adaptorVersion !== undefined && { adaptorVersion }),
      ...(configFile !== undefined && {
        peerPods: parseConfigMap(await readText(configFile, stdin), configFile),
      }),
    });
    for (const { key, message } of sim.warnings) output.note(`peer-pods-cm: ${key}: ${message}`);
    const address = `unix://${socket}`;
    if (options.flag('print-endpoints')) output.line(JSON.stringify({ endpoints: [address] }));
    else output.line(`adaptor is ready: ${address}`);
    const netns = sim.worker.kernel?.netns;
    if (netns !== undefined) noteNetns({ netns, podIP: 'POD_IP' }, context);
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  },
};
