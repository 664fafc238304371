/** Bytes on a connection as they were recorded, and what came back, in the recording's own shape. */
import { Buffer } from 'node:buffer';
import { WireClient, type WireAnswer } from './wire-client.ts';
import { within } from './within.ts';
import type { Pair } from './pairs.ts';

/** Long texts were cut in the recording; these are the ends that fell away. */
const CUT: Readonly<Record<string, (start: string) => Buffer>> = {
  'declared length 4194305, body sent': (start) =>
    Buffer.concat([Buffer.from(start.slice(0, 20), 'hex'), Buffer.alloc(4_194_305)]),
  'TLS hello': (start) => Buffer.concat([Buffer.from(start, 'hex'), Buffer.alloc(28)]),
  '50 requests in one write': (start) => {
    const request = Buffer.from(start.slice(0, 64), 'hex');
    const frames = Array.from({ length: 50 }, (_, i) => {
      const frame = Buffer.from(request);
      frame.writeUInt32BE(request.readUInt32BE(4) + 2 * i, 4);
      return frame;
    });
    return Buffer.concat(frames);
  },
};

/** These leave the connection where no other request can follow. */
const ENDS_CONNECTION = /then close$|^declared length 4 GiB|^HTTP GET$|^TLS hello$/;

export function rawBytes({ desc, request }: Pair): Buffer {
  const hex = request as string;
  if (!hex.endsWith('...')) return Buffer.from(hex, 'hex');
  const complete = CUT[desc];
  if (complete === undefined) throw new Error(`${desc}: the recording is cut`);
  return complete(hex.slice(0, -3));
}

/** Connections for raw bytes: one for all that leave it usable, another for each that does not. */
export class RawFrames {
  readonly #endpoint: string;
  readonly #quietMs: number;
  #shared: WireClient | undefined;

  constructor(endpoint: string, quietMs: number) {
    this.#endpoint = endpoint;
    this.#quietMs = quietMs;
  }

  close(): void {
    this.#shared?.close();
  }

  async send(pair: Pair): Promise<unknown> {
    const endsConnection = ENDS_CONNECTION.test(pair.desc);
    const client = endsConnection
      ? await WireClient.open(this.#endpoint)
      : (this.#shared ??= await WireClient.open(this.#endpoint));
    try {
      return { answers: await this.#answers(client, pair) };
    } finally {
      if (endsConnection) client.close();
    }
  }

  async #answers(client: WireClient, pair: Pair): Promise<unknown[]> {
    const { answers } = pair.real as { readonly answers: readonly unknown[] };
    const bytes = rawBytes(pair);
    if (pair.desc.includes('byte by byte')) for (const byte of bytes) client.write(Buffer.of(byte));
    else client.write(bytes);
    const [expected] = answers;
    if (expected === undefined) return (await client.finish()).map(shown);
    if (typeof expected === 'string') {
      const frames = (await client.frames(50)).map(shown);
      const areAlike = new Set(frames.map((frame) => JSON.stringify(frame))).size === 1;
      return [`${frames.length} answers`, frames[0], areAlike];
    }
    const isQuiet =
      'outcome' in (expected as object) || 'connection closed' in (expected as object);
    const wait = client.frames(1).then(([frame]) => frame && shown(frame));
    if (!isQuiet) return [await wait];
    const answer = await within(wait, this.#quietMs);
    if (answer !== undefined) return [answer];
    return 'outcome' in (expected as object)
      ? [expected]
      : [{ 'connection closed': !client.isOpen }];
  }
}

const shown = ({ code, message, payload }: WireAnswer) => ({
  code,
  message,
  payload: Buffer.from(payload).toString('hex'),
});
