import { once } from 'node:events';
import { createAgentProxy, MANUAL_SERVER_NAME } from '#peerpod';
import type { Command } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { cliErrors } from '../errors.ts';
import { parseHostPort } from '../peerpod/host-port.ts';
import { tlsOptions, tlsSettings } from '../peerpod/tls-options.ts';

export const command: Command = {
  usage: 'proxy --socket PATH --target HOST:PORT [--disable-tls]',
  details: [
    'Dials the forwarder until it answers or --proxy-timeout is over, and relays ttrpc calls made on',
    'the socket. Calls wait until the tunnel stands; a tunnel that breaks stays broken, as in the real one.',
  ].join('\n'),
  options: {
    socket: { type: 'string', value: 'PATH', summary: 'the unix socket for shims (agent.ttrpc)' },
    target: { type: 'string', value: 'HOST:PORT', summary: 'the forwarder of the pod VM' },
    'server-name': {
      type: 'string',
      value: 'NAME',
      default: MANUAL_SERVER_NAME,
      summary: 'the name its certificate must carry',
    },
    ...tlsOptions,
    'proxy-timeout': {
      type: 'string',
      value: 'DURATION',
      default: '5m',
      summary: 'how long to go on dialling',
    },
  },
  examples: [
    'katasim proxy --socket /tmp/agent.ttrpc --target 127.0.0.1:15150 --disable-tls',
    'katasim proxy --socket /tmp/agent.ttrpc --target 127.0.0.1:15150 \\\n    --ca-cert-file ca.crt --cert-file client.crt --cert-key client.key',
  ],
  operands: { min: 0, max: 0 },
  async run({ options, output, logger, signal }) {
    const socketPath = options.text('socket');
    const target = options.text('target');
    if (socketPath === undefined) throw cliErrors.valueMissing('--socket', 'PATH');
    if (target === undefined) throw cliErrors.valueMissing('--target', 'HOST:PORT');
    await using proxy = createAgentProxy({
      socketPath,
      serverName: options.text('server-name') ?? MANUAL_SERVER_NAME,
      tls: tlsSettings(options),
      proxyTimeoutMs: parseDuration('proxy-timeout', options.text('proxy-timeout') ?? '5m'),
      logger,
    });
    try {
      await proxy.start(parseHostPort('target', target), signal);
    } catch (error) {
      if (signal.aborted) return 0;
      throw error;
    }
    output.line(`agent proxy is ready: ${socketPath} -> ${target}`);
    proxy.tunnelClosed?.then(
      () => {
        if (!signal.aborted) output.note('the tunnel is gone; calls fail from now on');
      },
      () => undefined,
    );
    if (!signal.aborted) await once(signal, 'abort');
    return 0;
  },
};
