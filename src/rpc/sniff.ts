/**
 * Which protocol a client speaks, from its first bytes, which are put back before anyone else reads.
 * HTTP/2 opens with `PRI * HTTP/2.0`, a hybrid vsock client with `CONNECT <port>`; anything else is a
 * ttrpc header, whose first byte (the top of a length below 4 MiB) is zero.
 */
import type { Duplex } from 'node:stream';

type Protocol = 'grpc' | 'ttrpc' | 'hybrid-vsock';

const OPENINGS: readonly (readonly [Protocol, Buffer])[] = [
  ['grpc', Buffer.from('PRI * HTTP/2.0')],
  ['hybrid-vsock', Buffer.from('CONNECT ')],
];

/** The protocol that `bytes` begin, or undefined while they could begin more than one. */
function protocolOf(bytes: Buffer): Protocol | undefined {
  for (const [protocol, opening] of OPENINGS) {
    const length = Math.min(bytes.length, opening.length);
    if (!bytes.subarray(0, length).equals(opening.subarray(0, length))) continue;
    return length === opening.length ? protocol : undefined;
  }
  return 'ttrpc';
}

/** `OK` and a port answer a hybrid vsock's CONNECT line. Source: cloud-hypervisor, firecracker. */
const MAX_CONNECT_LINE = 64;

/** Calls `found` once the protocol is known; the stream is paused then, its first bytes unread. */
export function sniff(stream: Duplex, found: (protocol: Protocol) => void): void {
  readUntil(
    stream,
    (bytes) => {
      const protocol = protocolOf(bytes);
      return protocol === undefined ? undefined : { value: protocol, rest: bytes };
    },
    found,
  );
}

/** Reads the CONNECT line, hands over its port, or undefined when it is no such line. */
export function readConnectLine(stream: Duplex, found: (port: number | undefined) => void): void {
  readUntil(
    stream,
    (bytes) => {
      const end = bytes.indexOf('\n');
      if (end < 0)
        return bytes.length > MAX_CONNECT_LINE ? { value: undefined, rest: bytes } : undefined;
      const match = /^CONNECT (\d{1,10})\r?$/.exec(bytes.toString('latin1', 0, end));
      const port = match?.[1] === undefined ? undefined : Number(match[1]);
      return { value: port, rest: bytes.subarray(end + 1) };
    },
    found,
  );
}

/** One line of text within `max` bytes, its end included; whatever follows stays unread. */
export function readLine(stream: Duplex, max: number, found: (line: string) => void): void {
  readUntil(
    stream,
    (bytes) => {
      const end = bytes.indexOf('\n');
      if (end < 0 && bytes.length < max) return undefined;
      const cut = end < 0 ? max : end + 1;
      return { value: bytes.toString('latin1', 0, cut), rest: bytes.subarray(cut) };
    },
    found,
  );
}

function readUntil<T>(
  stream: Duplex,
  decide: (bytes: Buffer) => { value: T; rest: Buffer } | undefined,
  found: (value: T) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const decision = decide(bytes);
    if (decision === undefined) return;
    stream.off('data', onData);
    stream.pause();
    if (decision.rest.length > 0) stream.unshift(decision.rest);
    found(decision.value);
  };
  stream.on('data', onData);
  // It may come paused from an earlier decision of ours.
  stream.resume();
}
