/**
 * The webhook as an HTTPS server of its own: `POST /mutate-v1-pod`, and probes on `/healthz` and
 * `/readyz`. Source: cloud-api-adaptor v0.22.0 src/webhook/main.go.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { messageOf, runOnce, silentLogger, type Closable, type Logger } from '#base';
import { peerpodErrors } from '../errors.ts';
import { serverOptions, type ResolvedTls } from '../tls/settings.ts';
import { answerAdmission, MAX_ADMISSION_BYTES } from './admission.ts';
import type { WebhookSettings } from './mutate-pod.ts';

const WEBHOOK_PATH = '/mutate-v1-pod';
const DEFAULT_WEBHOOK_PORT = 9443;

interface WebhookOptions {
  readonly host: string;
  readonly port?: number;
  readonly tls: ResolvedTls;
  readonly settings?: WebhookSettings;
  readonly logger?: Logger;
}

export interface Webhook extends Closable {
  readonly host: string;
  readonly port: number;
}

export async function startWebhook(options: WebhookOptions): Promise<Webhook> {
  const { host, port = DEFAULT_WEBHOOK_PORT, logger = silentLogger } = options;
  const server = createServer(serverOptions(options.tls), (request, response) => {
    handle(request, response, options.settings).catch((error: unknown) => {
      logger.debug({ err: messageOf(error) }, 'an admission call broke off');
      response.destroy();
    });
  });
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw peerpodErrors.cannotListen(`${host}:${port}`, error);
  }
  server.on('tlsClientError', (error) => logger.debug({ err: messageOf(error) }, 'TLS failed'));
  const close = runOnce(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  });
  const bound = (server.address() as AddressInfo).port;
  return { host, port: bound, close, [Symbol.asyncDispose]: close };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  settings: WebhookSettings | undefined,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (path === '/healthz' || path === '/readyz') {
    response.end('ok');
    return;
  }
  if (path !== WEBHOOK_PATH) {
    response.writeHead(404).end('404 page not found\n');
    return;
  }
  const body = await readBody(request);
  const answer = answerAdmission({ contentType: request.headers['content-type'], body }, settings);
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(`${JSON.stringify(answer)}\n`);
}

/** One byte beyond the limit is enough to know. */
async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_ADMISSION_BYTES + 1) chunks.push(chunk);
  }
  if (size > MAX_ADMISSION_BYTES) return new Uint8Array(MAX_ADMISSION_BYTES + 1);
  return Buffer.concat(chunks);
}
