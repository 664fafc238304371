/** Reads ASN.1 in DER: just enough for certificates and requests. Every length is checked. */

export class DerError extends Error {
  override readonly name = 'DerError';
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element: tag, content, and the bytes of both with the length. */
export class Der {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;

  constructor(tag: number, content: Uint8Array, raw: Uint8Array) {
    this.tag = tag;
    this.content = content;
    this.raw = raw;
  }

  /** Elements inside. */
  get children(): readonly Der[] {
    return readAll(this.content);
  }

  child(index: number): Der {
    const child = this.children[index];
    if (child === undefined) throw new DerError('sequence truncated');
    return child;
  }

  /** The inner element with a context tag, [n]. */
  context(n: number): Der | undefined {
    return this.children.find(({ tag }) => (tag & 0xdf) === (0x80 | n));
  }

  expect(tag: number): this {
    if (this.tag !== tag)
      throw new DerError(`structure error: tags don't match (${tag} vs ${this.tag})`);
    return this;
  }

  get integer(): bigint {
    let value = 0n;
    for (const byte of this.content) value = (value << 8n) | BigInt(byte);
    const negative = ((this.content[0] ?? 0) & 0x80) !== 0;
    return negative ? value - (1n << BigInt(8 * this.content.length)) : value;
  }

  /** Numbers of an object identifier. */
  get objectId(): readonly number[] {
    const parts: number[] = [];
    let value = 0;
    for (const byte of this.content) {
      value = value * 128 + (byte & 0x7f);
      if ((byte & 0x80) !== 0) continue;
      if (parts.length === 0) {
        const first = Math.min(Math.floor(value / 40), 2);
        parts.push(first, value - 40 * first);
      } else parts.push(value);
      value = 0;
    }
    return parts;
  }

  get text(): string {
    const bytes = Buffer.from(this.content);
    if (this.tag === TAG.bmpString) return bytes.swap16().toString('utf16le');
    return bytes.toString('utf8');
  }

  /** Bits of a bit string; the unused ones at the end are zero. */
  get bits(): Uint8Array {
    return this.content.subarray(1);
  }

  /** RFC 3339 text of a time. */
  get time(): string {
    const text = Buffer.from(this.content).toString('latin1');
    const form = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text);
    if (form === null) throw new DerError('structure error: malformed time');
    const [, yearText = '', month, day, hour, minute, second] = form;
    const short = Number(yearText) >= 50 ? `19${yearText}` : `20${yearText}`;
    const year = this.tag === TAG.utcTime ? short : yearText;
    return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  }
}

/** Elements one after the other. */
export function readAll(bytes: Uint8Array): readonly Der[] {
  const found: Der[] = [];
  for (let at = 0; at < bytes.length;) {
    const element = readOne(bytes, at);
    found.push(element);
    at += element.raw.length;
  }
  return found;
}

function readOne(bytes: Uint8Array, start: number): Der {
  const tag = bytes[start] ?? 0;
  let length = bytes[start + 1];
  let at = start + 2;
  if (length === undefined || (tag & 0x1f) === 0x1f)
    throw new DerError('syntax error: truncated tag or length');
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4)
      throw new DerError('syntax error: indefinite length found (not DER)');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[at++] ?? 0);
  }
  if (at + length > bytes.length) throw new DerError('syntax error: data truncated');
  return new Der(tag, bytes.subarray(at, at + length), bytes.subarray(start, at + length));
}
