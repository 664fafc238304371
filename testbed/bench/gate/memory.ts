/**
 * What an idle connection and an idle container cost the agent, and how both grow to a thousand.
 * Run: npm run bench:memory
 */
import { dial, type RpcClient } from '#rpc';
import { createContainer } from '../../../src/agent/testdata/containers.ts';
import { ServerProcess } from './server-process.ts';

const STEPS = [0, 10, 100, 300, 1000] as const;

/** Opens one more; the returned function takes it away again. */
type Grow = (address: string, index: number) => Promise<() => Promise<void>>;

const kinds: Readonly<Record<string, Grow>> = {
  'ttrpc connection': async (address) => {
    const client = await dial(address);
    await client.call('grpc.Health', 'Check', {});
    return () => client.close();
  },
  'gRPC connection': async (address) => {
    const client = await dial(address, { protocol: 'grpc' });
    await client.call('grpc.Health', 'Check', {});
    return () => client.close();
  },
  'running container': async (address, index) => {
    const client = await connected(address);
    const id = `c${index}`;
    await client.call(
      'grpc.AgentService',
      'CreateContainer',
      createContainer(id, ['sleep', '9999']),
    );
    await client.call('grpc.AgentService', 'StartContainer', { container_id: id });
    return async () => {
      await client.call('grpc.AgentService', 'RemoveContainer', { container_id: id });
    };
  },
};

const shared = new Map<string, RpcClient>();
async function connected(address: string): Promise<RpcClient> {
  const known = shared.get(address);
  if (known !== undefined) return known;
  const client = await dial(address);
  shared.set(address, client);
  return client;
}

for (const [kind, grow] of Object.entries(kinds)) {
  const server = new ServerProcess('gated');
  try {
    const address = await server.line();
    const undo: (() => Promise<void>)[] = [];
    // Code is compiled and pools are filled by the first few.
    for (let i = 0; i < 20; i++) undo.push(await grow(address, -i - 1));
    for (const step of undo.splice(0)) await step();
    const base = await server.ask('memory');
    for (const count of STEPS) {
      const start = performance.now();
      const from = undo.length;
      while (undo.length < count) undo.push(await grow(address, undo.length));
      const ms = undo.length > from ? (performance.now() - start) / (undo.length - from) : 0;
      const bytes = (await server.ask('memory')) - base;
      const each = count === 0 ? 0 : bytes / count / 1024;
      console.log(
        `${kind}: ${String(count).padStart(5)}  ${(bytes / 2 ** 20).toFixed(1).padStart(7)} MiB  ${each.toFixed(1).padStart(7)} KiB each  ${ms.toFixed(2)} ms to add one`,
      );
    }
    for (const step of undo) await step();
  } finally {
    for (const client of shared.values()) await client.close();
    shared.clear();
    server.stop();
  }
}
