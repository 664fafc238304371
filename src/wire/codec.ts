/**
 * Messages to bytes and back, driven by the schema. Decoding gives every field a value (section on
 * top of messages.ts); encoding accepts partial messages and leaves defaults out, as proto3 does.
 * Unknown fields are skipped and not kept: a policy must decide on all that a handler will see.
 */
import { nearest } from '#base';
import { wireErrors } from './errors.ts';
import { BYTES, Reader, VARINT } from './protobuf-reader.ts';
import { Writer } from './protobuf-writer.ts';
import { schema } from './generated/schema.ts';
import type { FieldRow, Init, MessageName } from './descriptor.ts';
import type { Messages } from './generated/messages.ts';

export type Fields = Record<string, unknown>;

/** How one type is read and written, without its tag. */
interface Wire {
  readonly wireType: number;
  readonly unset: () => unknown;
  read(reader: Reader): unknown;
  /** `where` names the field in a refusal. */
  write(writer: Writer, value: unknown, where: string): void;
  /** True when proto3 leaves the value out. */
  isDefault(value: unknown): boolean;
}

export interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly label: 'singular' | 'repeated' | 'optional' | 'map' | 'oneof';
  /** The oneof it belongs to, when `label` says so. */
  readonly oneof: string | undefined;
  /** The message behind `type`, if it is one. */
  readonly message: Codec | undefined;
  readonly isEnum: boolean;
  /** `grpc.Process.Args`, for messages about it. */
  readonly where: string;
  readonly wire: Wire;
}

const INT32_MAX = 0x7fff_ffff;

function refuse(where: string, expected: string, value: unknown): never {
  throw wireErrors.unencodable(where, expected, value);
}

/** A 32-bit integer type; negative ones are sign-extended to ten bytes. */
function int32Wire(min: number, max: number, expected: string): Wire {
  return {
    wireType: VARINT,
    unset: () => 0,
    read: (reader) => (min < 0 ? reader.int32() : reader.varint32()),
    write(writer, value, where) {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
        return refuse(where, expected, value);
      if (value < 0) writer.varint64(BigInt(value));
      else writer.varint32(value);
    },
    isDefault: (value) => value === 0,
  };
}

function int64Wire(wrap: (bits: 64, value: bigint) => bigint, expected: string): Wire {
  return {
    wireType: VARINT,
    unset: () => 0n,
    read: (reader) => wrap(64, reader.varint64()),
    write(writer, value, where) {
      const whole = typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
      if (typeof whole !== 'bigint' || wrap(64, whole) !== whole)
        return refuse(where, expected, value);
      writer.varint64(whole);
    },
    isDefault: (value) => value === 0n || value === 0,
  };
}

const int32 = int32Wire(-INT32_MAX - 1, INT32_MAX, 'an int32');

const scalars: Readonly<Record<string, Wire>> = {
  string: {
    wireType: BYTES,
    unset: () => '',
    read: (reader) => reader.string(),
    write(writer, value, where) {
      if (typeof value !== 'string') return refuse(where, 'a string', value);
      writer.string(value);
    },
    isDefault: (value) => value === '',
  },
  bytes: {
    wireType: BYTES,
    unset: () => new Uint8Array(),
    read: (reader) => reader.bytes(),
    write(writer, value, where) {
      if (!(value instanceof Uint8Array)) return refuse(where, 'bytes', value);
      writer.bytes(value);
    },
    isDefault: (value) => value instanceof Uint8Array && value.length === 0,
  },
  bool: {
    wireType: VARINT,
    unset: () => false,
    read: (reader) => reader.varint64() !== 0n,
    write(writer, value, where) {
      if (typeof value !== 'boolean') return refuse(where, 'a boolean', value);
      writer.varint32(value ? 1 : 0);
    },
    isDefault: (value) => value === false,
  },
  int32,
  uint32: int32Wire(0, 0xffff_ffff, 'a uint32'),
  int64: int64Wire((bits, value) => BigInt.asIntN(bits, value), 'an int64'),
  uint64: int64Wire((bits, value) => BigInt.asUintN(bits, value), 'a uint64'),
};

function messageWire(codec: Codec): Wire {
  return {
    wireType: BYTES,
    unset: () => null,
    read(reader) {
      // A field given twice is replaced, not merged as the protobuf encoding guide has it.
      // Source: the protobuf crate 3.7.2, rt::read_singular_message_into_field.
      const message = codec.empty();
      reader.message(() => {
        codec.read(reader, message);
      });
      return message;
    },
    write(writer, value, where) {
      writer.nested(() => {
        codec.write(writer, value, where);
      });
    },
    isDefault: (value) => value === null,
  };
}

/** One message type, its fields in the order of the .proto file. */
export class Codec {
  readonly name: string;
  #rows: readonly FieldRow[];
  #fields: readonly Field[] | undefined;
  #byNumber = new Map<number, Field>();

  constructor(name: string, rows: readonly FieldRow[]) {
    this.name = name;
    this.#rows = rows;
  }

  /** Bound on first use, so that starting the program does not pay for 140 messages. */
  get fields(): readonly Field[] {
    if (this.#fields === undefined) {
      this.#fields = this.#rows.map((row) => bindField(this.name, row));
      for (const field of this.#fields) this.#byNumber.set(field.number, field);
    }
    return this.#fields;
  }

  empty(): Fields {
    const message: Fields = {};
    for (const field of this.fields) message[field.name] = unsetField(field);
    return message;
  }

  read(reader: Reader, message: Fields): Fields {
    while (!reader.isAtEnd) {
      const tag = reader.varint32();
      const field = this.#byNumber.get(tag >>> 3);
      // A known field of another wire type is an unknown field to the agent.
      if (field === undefined || !this.#readField(reader, message, field, tag & 7))
        reader.skipUnknown(tag);
    }
    return message;
  }

  /** False when the field is never written with this wire type. */
  #readField(reader: Reader, message: Fields, field: Field, wireType: number): boolean {
    const { wire, name } = field;
    // A list of numbers may come packed or one by one, whatever the writer prefers.
    if (field.label === 'repeated' && wire.wireType === VARINT && wireType === BYTES) {
      readPacked(reader, wire, message[name] as unknown[]);
      return true;
    }
    if (wireType !== (field.label === 'map' ? BYTES : wire.wireType)) return false;
    if (field.label === 'repeated') {
      reader.countElement();
      (message[name] as unknown[]).push(wire.read(reader));
    } else if (field.label === 'map') readEntry(reader, field, message[name] as Fields);
    else {
      if (field.oneof !== undefined)
        for (const other of this.fields)
          if (other.oneof === field.oneof && other !== field) message[other.name] = null;
      message[name] = wire.read(reader);
    }
    return true;
  }

  write(writer: Writer, value: unknown, where = this.name): void {
    if (typeof value !== 'object' || value === null) return refuse(where, this.name, value);
    for (const field of this.fields) {
      const member = (value as Fields)[field.name];
      if (member !== undefined) writeField(writer, field, member);
    }
  }
}

function unsetField({ label, wire }: Field): unknown {
  if (label === 'repeated') return [];
  // No prototype: a key such as __proto__ is a key like any other.
  if (label === 'map') return Object.create(null) as Fields;
  return label === 'singular' ? wire.unset() : null;
}

function readPacked(reader: Reader, wire: Wire, list: unknown[]): void {
  reader.inside(() => {
    while (!reader.isAtEnd) {
      reader.countElement();
      list.push(wire.read(reader));
    }
  });
}

/** A map entry is a message with the key in field 1 and the value in field 2. */
function readEntry(reader: Reader, field: Field, map: Fields): void {
  reader.countElement();
  let key = '';
  let value: unknown = field.message?.empty() ?? field.wire.unset();
  reader.inside(() => {
    while (!reader.isAtEnd) {
      const tag = reader.varint32();
      if (tag === ((1 << 3) | BYTES)) key = reader.string();
      else if (tag === ((2 << 3) | field.wire.wireType)) value = field.wire.read(reader);
      else reader.skip(tag);
    }
    // The length of an entry has 32 bits where that of a message has 64.
  }, BigInt(reader.varint32()));
  map[key] = value;
}

function writeField(writer: Writer, field: Field, value: unknown): void {
  const { number, wire, label, where } = field;
  if (label === 'repeated') {
    writeList(writer, field, value);
    return;
  }
  if (label === 'map') {
    writeMap(writer, field, value);
    return;
  }
  // Optional fields and oneof members are written when set, even to their default.
  if (label === 'singular' ? wire.isDefault(value) : value === null) return;
  writer.tag(number, wire.wireType);
  wire.write(writer, value, where);
}

function writeList(writer: Writer, { number, wire, where }: Field, value: unknown): void {
  if (!Array.isArray(value)) return refuse(where, 'a list', value);
  if (value.length === 0) return;
  if (wire.wireType === VARINT) {
    writer.tag(number, BYTES);
    writer.nested(() => {
      for (const item of value) wire.write(writer, item, where);
    });
    return;
  }
  for (const item of value) {
    writer.tag(number, BYTES);
    wire.write(writer, item, where);
  }
}

function writeMap(writer: Writer, { number, wire, where }: Field, value: unknown): void {
  if (typeof value !== 'object' || value === null) return refuse(where, 'an object', value);
  for (const [key, member] of Object.entries(value)) {
    writer.tag(number, BYTES);
    writer.nested(() => {
      writer.tag(1, BYTES);
      writer.string(key);
      writer.tag(2, wire.wireType);
      wire.write(writer, member, where);
    });
  }
}

function bindField(owner: string, [name, number, type, label]: FieldRow): Field {
  const oneof = label?.startsWith('oneof ') === true ? label.slice('oneof '.length) : undefined;
  const message = Object.hasOwn(schema.messages, type) ? codecOf(type) : undefined;
  const isEnum = Object.hasOwn(schema.enums, type);
  const wire = message === undefined ? (isEnum ? int32 : scalars[type]) : messageWire(message);
  if (wire === undefined) throw wireErrors.unknownMessage(type, undefined);
  return {
    name,
    number,
    type,
    label: oneof === undefined ? ((label ?? 'singular') as Field['label']) : 'oneof',
    oneof,
    where: `${owner}.${name}`,
    message,
    isEnum,
    wire,
  };
}

const codecs = new Map<string, Codec>();

/** The codec of a message, by its full name. */
export function codecOf(name: string): Codec {
  const known = codecs.get(name);
  if (known !== undefined) return known;
  const row = Object.hasOwn(schema.messages, name) ? schema.messages[name] : undefined;
  if (row === undefined)
    throw wireErrors.unknownMessage(name, nearest(name, Object.keys(schema.messages)));
  const codec = new Codec(name, row.fields);
  codecs.set(name, codec);
  return codec;
}

/** Bytes of a message; fields that are left out keep their defaults. */
export function encodeMessage<N extends MessageName>(
  type: N,
  value: Init<Messages[N]>,
): Uint8Array {
  const writer = new Writer();
  codecOf(type).write(writer, value);
  return writer.finish();
}

/** The message in `bytes`, every field present. Throws `WIRE_UNDECODABLE`. */
export function decodeMessage<N extends MessageName>(type: N, bytes: Uint8Array): Messages[N] {
  const codec = codecOf(type);
  return codec.read(new Reader(bytes, type), codec.empty()) as unknown as Messages[N];
}

/** A message with every field at its default. */
export function emptyMessage<N extends MessageName>(type: N): Messages[N] {
  return codecOf(type).empty() as unknown as Messages[N];
}
