import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { closeAll, KatasimError, messageOf, type Closable } from '#base';
import type { PodControl } from '#sim';
import type { Command, CommandContext } from '../command.ts';
import { podControl } from '../pods/control.ts';
import { podName, podOptions, podRecords } from '../pods/options.ts';

export const command: Command = {
  usage: 'port-forward POD [LOCAL:]REMOTE...',
  details: [
    'Listens on 127.0.0.1; each connection becomes a TCP connection inside VXLAN frames to the pod. Ends',
    'with Ctrl-C. `:80` takes a free local port.',
  ].join('\n'),
  options: podOptions,
  examples: ['katasim port-forward web 8080:80', 'katasim port-forward web :80'],
  operands: { min: 2, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { operands, options, output, signal } = context;
    const [pod, ...mappings] = operands;
    const ports = mappings.map(parseMapping);
    const record = await podRecords(context).find(
      options.text('namespace') ?? 'default',
      podName(pod),
    );
    const control = podControl(record);
    const listeners: Closable[] = [];
    try {
      for (const mapping of ports) {
        const listener = await forward(mapping, control, context);
        listeners.push(listener);
        output.line(`Forwarding from 127.0.0.1:${listener.port} -> ${mapping.remote}`);
      }
      if (!signal.aborted) await once(signal, 'abort');
      return 0;
    } finally {
      await closeAll(listeners);
    }
  },
};

interface Mapping {
  readonly local: number;
  readonly remote: number;
}

/** `8080:80`, `80` for both, `:80` for a free local port. */
function parseMapping(text: string): Mapping {
  const [, first = '', second] = /^(\d{0,5})(?::(\d{1,5}))?$/.exec(text) ?? [];
  const remote = Number(second ?? first);
  const local = Number(first === '' ? 0 : first);
  if (!(remote >= 1 && remote <= 65_535 && local <= 65_535)) {
    throw new KatasimError('CLI_VALUE', `${JSON.stringify(text)} is no pair of ports`, {
      hint: 'Write LOCAL:REMOTE, such as 8080:80, or :80 for a free local port.',
    });
  }
  return { local, remote };
}

async function forward(
  { local, remote }: Mapping,
  control: PodControl,
  { output, signal }: CommandContext,
): Promise<Closable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    control.connect(remote, signal).then(
      (stream) => {
        stream.on('error', () => socket.destroy());
        socket.once('close', () => stream.destroy());
        socket.pipe(stream).pipe(socket);
      },
      (error: unknown) => {
        output.note(`an error occurred forwarding to port ${remote}: ${messageOf(error)}`);
        socket.destroy();
      },
    );
  });
  server.listen({ host: '127.0.0.1', port: local });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new KatasimError('CLI_LISTEN', `cannot listen on port ${local}: ${messageOf(error)}`, {
      hint: `Choose another local port, or :${remote} for a free one.`,
      cause: error,
    });
  }
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close };
}
