/**
 * A small HTTP/1.1 server and client core over the pod network, for nginx, httpd, http-echo, wget and
 * curl. Requests and headers are bounded; a malformed request is answered with 400.
 */
import type { ByteStream } from '../pod-network.ts';

/** Head and body a server takes. Source: nginx large_client_header_buffers, client_max_body_size. */
const MAX_HEAD = 32 << 10;
const MAX_BODY = 1 << 20;
/** Responses a client reads; more is cut off. */
const MAX_RESPONSE = 64 << 20;

export interface HttpRequest {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export const STATUS_TEXT: Readonly<Record<number, string>> = {
  200: 'OK',
  301: 'Moved Permanently',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  413: 'Request Entity Too Large',
  500: 'Internal Server Error',
};

/** No request head can look like this. */
const TOO_LONG = '\n';

type Read = (max: number) => Promise<Uint8Array>;

/** Bytes with what was read too far kept for the next question. */
class Reader {
  readonly #read: Read;
  #rest = Buffer.alloc(0);
  #ended = false;

  constructor(read: Read) {
    this.#read = read;
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const data = await this.#read(65536);
    this.#ended = data.length === 0;
    this.#rest = Buffer.concat([this.#rest, data]);
    return !this.#ended;
  }

  /** Up to and including the blank line; undefined at the end, `TOO_LONG` beyond bounds. */
  async head(): Promise<string | undefined> {
    while (true) {
      const match = /\r?\n\r?\n/.exec(this.#rest.toString('latin1'));
      if (match !== null) {
        const end = match.index + match[0].length;
        const text = this.#rest.subarray(0, match.index).toString('latin1');
        this.#rest = this.#rest.subarray(end);
        return text;
      }
      if (this.#rest.length > MAX_HEAD) return TOO_LONG;
      if (!(await this.#more())) return undefined;
    }
  }

  async exactly(length: number): Promise<Uint8Array> {
    while (this.#rest.length < length && (await this.#more()));
    const data = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return data;
  }

  async line(): Promise<string> {
    while (true) {
      const end = this.#rest.indexOf('\n');
      if (end >= 0)
        return Buffer.from(await this.exactly(end + 1))
          .toString('latin1')
          .trim();
      if (this.#rest.length > MAX_HEAD || !(await this.#more())) return '';
    }
  }

  async all(max: number): Promise<Uint8Array> {
    while (this.#rest.length < max && (await this.#more()));
    return this.exactly(Math.min(max, this.#rest.length));
  }
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0)
      headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

/** Serves one connection until the peer closes it. `done` is told each exchange, for access logs. */
export async function serveHttp(
  stream: ByteStream,
  respond: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
  { server, signal }: { readonly server: string; readonly signal: AbortSignal },
): Promise<void> {
  const reader = new Reader((max) => stream.read(max, signal));
  try {
    while (true) {
      const head = await reader.head();
      if (head === undefined) return;
      const [first = '', ...rest] = head.split(/\r?\n/);
      const match = /^([A-Z]+) (\S+) (HTTP\/1\.[01])$/.exec(first);
      if (match === null || head === TOO_LONG) {
        await stream.write(
          encode({ status: 400, body: '400 Bad Request\n' }, { server, close: true }),
          signal,
        );
        return;
      }
      const [, method = '', target = '', version = ''] = match;
      const headers = parseHeaders(rest);
      const length = Number(headers.get('content-length') ?? 0);
      if (!(length <= MAX_BODY)) {
        await stream.write(
          encode({ status: 413, body: '413 Request Entity Too Large\n' }, { server, close: true }),
          signal,
        );
        return;
      }
      const body = await reader.exactly(length);
      const close = headers.get('connection')?.toLowerCase() === 'close' || version === 'HTTP/1.0';
      const response = await respond({ method, target, version, headers, body });
      await stream.write(encode(response, { server, close, bodyless: method === 'HEAD' }), signal);
      if (close) return;
    }
  } finally {
    stream.end();
    stream.destroy();
  }
}

interface Encoding {
  readonly server: string;
  readonly close: boolean;
  readonly bodyless?: boolean;
}

function encode({ status, headers = {}, body }: HttpResponse, how: Encoding): Uint8Array {
  const content = Buffer.from(body);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? 'Unknown'}`,
    `Server: ${how.server}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${content.length}`,
    `Connection: ${how.close ? 'close' : 'keep-alive'}`,
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return how.bodyless === true ? head : Buffer.concat([head, content]);
}

interface ClientRequest {
  readonly method: string;
  readonly host: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface ClientResponse {
  readonly status: number;
  readonly head: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** One request on a fresh connection; undefined when the answer is no HTTP. */
export async function requestHttp(
  stream: ByteStream,
  request: ClientRequest,
  signal: AbortSignal,
): Promise<ClientResponse | undefined> {
  const body = Buffer.from(request.body ?? '');
  const lines = [
    `${request.method} ${request.target} HTTP/1.1`,
    `Host: ${request.host}`,
    ...Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`),
    ...(body.length > 0 ? [`Content-Length: ${body.length}`] : []),
    'Connection: close',
  ];
  await stream.write(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]), signal);
  const reader = new Reader((max) => stream.read(max, signal));
  const head = await reader.head();
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head ?? '')?.[1];
  if (head === undefined || status === undefined) return undefined;
  const headers = parseHeaders(head.split(/\r?\n/).slice(1));
  const length = headers.get('content-length');
  let content: Uint8Array = new Uint8Array();
  if (request.method !== 'HEAD') {
    if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked')
      content = await chunked(reader);
    else if (length !== undefined)
      content = await reader.exactly(Math.min(Number(length) || 0, MAX_RESPONSE));
    else content = await reader.all(MAX_RESPONSE);
  }
  return { status: Number(status), head, headers, body: content };
}

async function chunked(reader: Reader): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  while (total < MAX_RESPONSE) {
    const size = parseInt(await reader.line(), 16);
    if (!(size > 0)) break;
    parts.push(Buffer.from(await reader.exactly(size)));
    total += size;
    await reader.line();
  }
  return Buffer.concat(parts);
}
