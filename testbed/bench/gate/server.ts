/**
 * One server that run.ts measures, in a process of its own: `echo` is bare grpc-js, `open` an agent
 * without policy, `gated` one with. Prints its address; answers each line on stdin: `cpu` with the
 * microseconds of CPU it has used, `memory` with the bytes it keeps.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { startAgent } from '#agent';

const root = join(import.meta.dirname, '../../..');
const LISTEN = ['tcp://127.0.0.1:0'];

/** What anyone would write: the same message in, an empty one out. */
async function echo(): Promise<string> {
  const definition = loadSync('agent.proto', {
    includeDirs: [join(root, 'proto')],
    keepCase: true,
  });
  const server = new Server();
  server.addService(definition['grpc.AgentService'] as never, {
    ReseedRandomDev: (_call: unknown, callback: (error: null, response: object) => void) => {
      callback(null, {});
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return `tcp://127.0.0.1:${port}`;
}

const servers: Readonly<Record<string, () => Promise<string | undefined>>> = {
  echo,
  open: async () => (await startAgent({ listen: LISTEN, policies: 'none' })).endpoints[0],
  gated: async () => {
    const text = await readFile(join(root, 'policies/allow-all.rego'), 'utf8');
    const policies = [{ source: 'image-default', text }] as const;
    return (await startAgent({ listen: LISTEN, policies })).endpoints[0];
  },
};

const answers: Readonly<Record<string, () => number>> = {
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** Needs --expose-gc. */
  memory: () => {
    globalThis.gc?.();
    globalThis.gc?.();
    return process.memoryUsage().rss;
  },
};

console.log(await servers[process.argv[2] ?? '']?.());
createInterface({ input: process.stdin })
  .on('line', (question) => {
    console.log(answers[question]?.() ?? 'unknown question');
  })
  .on('close', () => process.exit(0));
