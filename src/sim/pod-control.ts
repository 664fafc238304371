/**
 * Other processes reach a running pod here: HTTP on a unix socket in the pod's own folder. CONNECT
 * opens a stream to a port of the pod through the tunnel, as kubectl port-forward does; `/faults`
 * changes what is wrong with its VM; `/diagnosis` asks the doctor.
 */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { isSystemError, KatasimError, messageOf, runOnce, type Closable } from '#base';
import type { PathDiagnosis } from '#peerpod';
import { simErrors } from './errors.ts';
import type { SimulatedPod } from './simulated-pod.ts';

/** What the control socket needs of a pod. */
type ControlledPod = Pick<SimulatedPod, 'changeFaults' | 'connect' | 'diagnose'>;

export interface PodControl {
  changeFaults(words: readonly string[]): Promise<void>;
  diagnose(): Promise<PathDiagnosis>;
  /** A stream to a port of the pod; rejects with the reason when nothing answers there. */
  connect(port: number, signal?: AbortSignal): Promise<Duplex>;
}

/** A list of faults is short. */
const MAX_BODY = 64 << 10;

export async function servePodControl(path: string, pod: ControlledPod): Promise<Closable> {
  const streams = new Set<Duplex>();
  const server = createServer((call, response) => {
    answer(call, response, pod).catch((error: unknown) => {
      response.writeHead(error instanceof KatasimError ? 400 : 500);
      response.end(JSON.stringify(asJson(error)));
    });
  });
  server.on('connect', (call: IncomingMessage, client: Duplex, head: Buffer) => {
    streams.add(client);
    client.once('close', () => streams.delete(client));
    forward(call.url ?? '', client, head, pod);
  });
  server.listen(path);
  await once(server, 'listening');
  const close = runOnce(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    for (const stream of streams) stream.destroy();
    await closed;
  });
  return { close, [Symbol.asyncDispose]: close };
}

async function answer(
  call: IncomingMessage,
  response: ServerResponse,
  pod: ControlledPod,
): Promise<void> {
  const body = await bodyOf(call);
  switch (`${call.method ?? ''} ${call.url ?? ''}`) {
    case 'PUT /faults':
      await pod.changeFaults(faultsOf(body));
      response.end('{}');
      return;
    case 'GET /diagnosis':
      response.end(JSON.stringify(await pod.diagnose()));
      return;
    default:
      throw simErrors.badOrder(`${call.method ?? ''} ${call.url ?? ''}`);
  }
}

/** Reads to the end, so that the answer finds its way, but keeps no more than a list of faults has. */
async function bodyOf(call: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of call as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY) chunks.push(chunk);
  }
  if (length > MAX_BODY) throw simErrors.badOrder('the list is too long');
  return Buffer.concat(chunks).toString();
}

function faultsOf(body: string): readonly string[] {
  const value: unknown = JSON.parse(body);
  if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) {
    throw simErrors.badOrder('faults are a list of texts');
  }
  return value;
}

/** `pod:80`. Throws for an invalid port, and when the pod network has too many connections. */
function connectTo(url: string, pod: ControlledPod): Duplex {
  const port = Number(/:(\d{1,5})$/.exec(url)?.[1]);
  if (!(port >= 1 && port <= 0xffff)) throw simErrors.badOrder(`CONNECT ${url}`);
  return pod.connect(port);
}

function forward(url: string, client: Duplex, head: Buffer, pod: ControlledPod): void {
  // The end of the stream reports the failure.
  client.on('error', () => undefined);
  const refuse = (error: unknown): void => {
    client.end(`HTTP/1.1 502 Bad Gateway\r\n\r\n${JSON.stringify(asJson(error))}`);
  };
  let stream: Duplex;
  try {
    stream = connectTo(url, pod);
  } catch (error) {
    refuse(error);
    return;
  }
  stream.once('error', refuse);
  stream.once('connect', () => {
    stream.off('error', refuse);
    stream.on('error', () => client.destroy());
    client.once('close', () => stream.destroy());
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) stream.write(head);
    client.pipe(stream).pipe(client);
  });
}

interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

function asJson(error: unknown): ErrorJson {
  const { code, hint } = error instanceof KatasimError ? error : { code: 'SIM', hint: undefined };
  return { code, message: messageOf(error), hint };
}

function fromJson(body: string): KatasimError {
  const { code, message, hint } = JSON.parse(body) as ErrorJson;
  return new KatasimError(code, message, hint === undefined ? {} : { hint });
}

/** The other side, in another process. */
export function podControlAt(path: string): PodControl {
  const call = async (method: string, url: string, body = ''): Promise<string> => {
    const sent = request({ socketPath: path, method, path: url });
    sent.end(body);
    const response = await answerTo(sent, 'response', path);
    const answer = await text(response);
    if (response.statusCode !== 200) throw fromJson(answer);
    return answer;
  };
  return {
    async changeFaults(words) {
      await call('PUT', '/faults', JSON.stringify(words));
    },
    diagnose: async () => JSON.parse(await call('GET', '/diagnosis')) as PathDiagnosis,
    async connect(port, signal) {
      const sent = request({
        socketPath: path,
        method: 'CONNECT',
        path: `pod:${port}`,
        ...(signal && { signal }),
      });
      sent.end();
      const response = await answerTo(sent, 'connect', path);
      const { socket } = response;
      if (response.statusCode === 200) return socket;
      socket.on('error', () => undefined);
      throw fromJson(await text(socket));
    },
  };
}

async function answerTo(
  sent: ReturnType<typeof request>,
  event: 'response' | 'connect',
  path: string,
): Promise<IncomingMessage> {
  try {
    const [response, , head] = (await once(sent, event)) as [IncomingMessage, Duplex?, Buffer?];
    if (head !== undefined && head.length > 0) response.socket.unshift(head);
    return response;
  } catch (error) {
    const gone = isSystemError(error) && ['ENOENT', 'ECONNREFUSED'].includes(error.code ?? '');
    throw gone ? simErrors.noControl(path, error) : error;
  }
}
