import { once } from 'node:events';
import {
  APF_CONFIG_PATH,
  DEFAULT_POD_NAMESPACE,
  DEFAULT_VXLAN_PORT,
  openPodNetwork,
  openVxlanSocket,
  readApfConfig,
  startForwarder,
  type PodNetworkConfig,
} from '#peerpod';
import { closeAll, runOnce, type Closable, type Logger } from '#base';
import type { Command } from '../command.ts';
import { printEndpointsOption } from '../options.ts';
import { parseHostPort } from '../peerpod/host-port.ts';
import { notifier } from '../peerpod/notify.ts';
import { tlsOptions, tlsSettings } from '../peerpod/tls-options.ts';

export const command: Command = {
  usage: 'forwarder --apf apf.json [--listen HOST:PORT] [--kata-agent-socket PATH]',
  details: [
    'Certificates come from the config file unless flags name files. With a pod-network in the config its',
    'end of the VXLAN tunnel answers ARP and ping; --no-pod-network leaves it out. The agent is dialled by',
    'the first call, and if that fails the forwarder stays without one, as the real one does.',
  ].join('\n'),
  options: {
    // The real flag is -config, which katasim has for its own options.
    apf: {
      type: 'string',
      value: 'FILE',
      default: APF_CONFIG_PATH,
      summary: 'the adaptor’s apf.json',
    },
    listen: {
      type: 'string',
      value: 'HOST:PORT',
      default: '127.0.0.1:15150',
      summary: 'where to listen (the real one takes 0.0.0.0); port 0 takes a free one',
    },
    'kata-agent-socket': {
      type: 'string',
      value: 'PATH',
      default: '/run/kata-containers/agent.sock',
      summary: 'ttrpc socket of the agent',
    },
    'pod-namespace': {
      type: 'string',
      value: 'PATH',
      default: DEFAULT_POD_NAMESPACE,
      summary: 'network namespace written into CreateContainer',
    },
    ...tlsOptions,
    'no-pod-network': { type: 'boolean', summary: 'no VXLAN end' },
    'print-endpoints': printEndpointsOption,
  },
  examples: [
    'katasim forwarder --apf apf.json --kata-agent-socket /tmp/agent.sock',
    'katasim forwarder --apf apf.json --listen 127.0.0.1:0 --disable-tls --print-endpoints',
  ],
  operands: { min: 0, max: 0 },
  async run({ options, output, logger, signal, environment }) {
    const { host, port } = parseHostPort('listen', options.text('listen') ?? '');
    const config = await readApfConfig(options.text('apf') ?? APF_CONFIG_PATH);
    const network = config['pod-network'];
    const notify = notifier(environment, logger);
    await using forwarder = await startForwarder({
      host,
      port,
      config,
      agentSocketPath: options.text('kata-agent-socket') ?? '',
      podNamespace: options.text('pod-namespace') ?? DEFAULT_POD_NAMESPACE,
      tls: tlsSettings(options),
      logger,
      ...(notify && { notify }),
      ...(network !== null &&
        !options.flag('no-pod-network') && {
          setUpPodNetwork: () => openEnd(host, network, logger),
        }),
    });
    const address = `tcp://${host}:${forwarder.port}`;
    if (options.flag('print-endpoints')) output.line(JSON.stringify({ endpoints: [address] }));
    output.note(`katasim forwarder listens on ${address}`);
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  },
};

/** ARP and ping need no pod behind them; ports belong to whoever runs the agent. */
async function openEnd(host: string, config: PodNetworkConfig, logger: Logger): Promise<Closable> {
  const port = config['vxlan-port'] ?? DEFAULT_VXLAN_PORT;
  const socket = await openVxlanSocket({ host, port, logger });
  try {
    const ports = { ports: () => [], connect: () => undefined };
    const end = openPodNetwork(socket, { config, ports, logger });
    const close = runOnce(() => closeAll([socket, end]));
    return { close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await socket.close();
    throw error;
  }
}
