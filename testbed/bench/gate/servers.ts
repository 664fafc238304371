/** The servers that run.ts measures: a bare echo, an agent without policy, an agent with one. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { startAgent } from '#agent';

const root = join(import.meta.dirname, '../../..');
const folder = await mkdtemp(join(tmpdir(), 'katasim-bench-'));

/** What anyone would write: the same message in, an empty one out. */
async function bareEcho(): Promise<string> {
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
  const address = `unix:${folder}/echo.sock`;
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
  return `unix://${folder}/echo.sock`;
}

const text = await readFile(join(root, 'policies/allow-all.rego'), 'utf8');
const open = await startAgent({ listen: [`unix://${folder}/open.sock`], policies: 'none' });
const gated = await startAgent({
  listen: [`unix://${folder}/gated.sock`],
  policies: [{ source: 'image-default', text }],
});
process.once('SIGTERM', () => {
  void rm(folder, { recursive: true }).then(() => process.exit(0));
});
const addresses = { echo: await bareEcho(), open: open.endpoints[0], gated: gated.endpoints[0] };
console.log(JSON.stringify(addresses));
