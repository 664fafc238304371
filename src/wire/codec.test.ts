/** The codec against protobufjs, on messages made up from the schema, and against broken bytes. */
import { join } from 'node:path';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { describe, expect, test } from 'vitest';
import { KatasimError } from '#base';
import { decodeMessage, emptyMessage, encodeMessage } from './codec.ts';
import { MAX_ELEMENTS } from './protobuf-reader.ts';
import { schema } from './generated/schema.ts';
import { arbitraryMessage, fc } from './testdata/arbitrary-message.ts';
import type { MessageName } from './descriptor.ts';

const names = Object.keys(schema.messages) as MessageName[];

/** Another implementation, as a foreign client would have it. */
const foreign = loadSync(
  [
    'agent.proto',
    'health.proto',
    'hypervisor.proto',
    'podvminfo.proto',
    'ttrpc/ttrpc.proto',
    'grpc/health/v1/health.proto',
    'grpc/reflection/v1/reflection.proto',
    'grpc/reflection/v1alpha/reflection.proto',
  ],
  {
    includeDirs: [join(import.meta.dirname, '../../proto')],
    keepCase: true,
    longs: String,
    defaults: true,
  },
);
const foreignType = (name: string) => foreign[name] as MessageTypeDefinition<object, object>;

/** A decoded message as protobufjs takes one: no nulls, 64-bit integers as text. */
function forForeign(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map(forForeign);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, forForeign(member)]));
}

describe.each(names)('%s', (name) => {
  test('comes back from its own bytes', () => {
    fc.assert(
      fc.property(arbitraryMessage(name), (message) => {
        expect(decodeMessage(name, encodeMessage(name, message as never))).toEqual(message);
      }),
      { numRuns: 20 },
    );
  });

  test('reads what another implementation wrote, and the other way round', () => {
    fc.assert(
      fc.property(arbitraryMessage(name), (message) => {
        const { serialize, deserialize } = foreignType(name);
        const theirs = serialize(forForeign(message) as object);
        expect(decodeMessage(name, theirs)).toEqual(message);
        const ours = Buffer.from(encodeMessage(name, message as never));
        expect(deserialize(ours)).toEqual(deserialize(theirs));
      }),
      { numRuns: 20 },
    );
  });
});

test('no bytes are a message with every field at its default', () => {
  expect(decodeMessage('grpc.ExecProcessRequest', new Uint8Array())).toEqual({
    container_id: '',
    exec_id: '',
    string_user: null,
    process: null,
    stdin_port: 0,
    stdout_port: 0,
    stderr_port: 0,
  });
});

test('64-bit integers keep every digit', () => {
  const Limit = -(2n ** 63n);
  const Swappiness = 2n ** 64n - 1n;
  const bytes = encodeMessage('grpc.LinuxMemory', { Limit, Swappiness, Swap: 9 });
  expect(decodeMessage('grpc.LinuxMemory', bytes)).toMatchObject({ Limit, Swappiness, Swap: 9n });
});

test.each([
  {
    note: 'a field twice: the last one wins',
    type: 'grpc.CheckRequest',
    hex: '0a01610a0162',
    want: { service: 'b' },
  },
  {
    note: 'a message twice: the second replaces the first',
    type: 'grpc.UpdateRoutesRequest',
    hex: '0a040a000a000a020a00',
    want: { routes: { Routes: [{}] } },
  },
  {
    note: 'numbers packed',
    type: 'grpc.AddSwapRequest',
    hex: '0a03018001',
    want: { PCIPath: [1, 128] },
  },
  {
    note: 'numbers one by one',
    type: 'grpc.AddSwapRequest',
    hex: '0801088001',
    want: { PCIPath: [1, 128] },
  },
  {
    note: 'unknown fields of every wire type are skipped',
    type: 'grpc.CheckRequest',
    hex: 'a00601a1060102030405060708a2060161a306080ba406a506010203040a0161',
    want: { service: 'a' },
  },
  {
    note: 'a map entry without key or value',
    type: 'grpc.Spec',
    hex: '3a00',
    want: { Annotations: { '': '' } },
  },
  {
    note: 'the largest varint for a bool',
    type: 'grpc.OnlineCPUMemRequest',
    hex: '08ffffffffffffffffff01',
    want: { wait: true },
  },
  {
    note: 'the largest uint32',
    type: 'grpc.RemoveContainerRequest',
    hex: '10ffffffff0f',
    want: { timeout: 0xffffffff },
  },
  {
    note: 'a small uint32 in more bytes than it needs',
    type: 'grpc.RemoveContainerRequest',
    hex: '108180808000',
    want: { timeout: 1 },
  },
  {
    note: 'a known field of another wire type is skipped',
    type: 'grpc.CheckRequest',
    hex: '08010a016109010203040506070808060d01020304',
    want: { service: 'a' },
  },
  {
    note: 'a known field as a group is skipped',
    type: 'grpc.CheckRequest',
    hex: '0a01610b08010c',
    want: { service: 'a' },
  },
  {
    note: 'any group ends with any end',
    type: 'grpc.CheckRequest',
    hex: 'a3060c0a0161',
    want: { service: 'a' },
  },
  {
    note: 'a message that claims more than there is ends with the bytes',
    type: 'grpc.UpdateRoutesRequest',
    hex: '0a7f0a00',
    want: { routes: { Routes: [{}] } },
  },
  {
    note: 'a packed list that claims more than there is ends with the bytes',
    type: 'grpc.AddSwapRequest',
    hex: '0a7f0102',
    want: { PCIPath: [1, 2] },
  },
  {
    note: 'a map entry with a key of another wire type, and a group without end',
    type: 'grpc.Spec',
    hex: '3a0308011b',
    want: { Annotations: { '': '' } },
  },
] as const)('$note', ({ type, hex, want }) => {
  expect(decodeMessage(type, Buffer.from(hex, 'hex'))).toMatchObject(want);
});

test('a map key that is a name of JavaScript’s is a key like any other', () => {
  const Annotations = Object.fromEntries([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  const spec = decodeMessage('grpc.Spec', encodeMessage('grpc.Spec', { Annotations }));
  expect(Object.entries(spec.Annotations)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});

describe('bytes that are no message', () => {
  test.each([
    { note: 'a string cut short', hex: '0a0561', reason: 'Unexpected EOF' },
    { note: 'a string of 20 MB that is not there', hex: '0a80dac409', reason: 'Truncated message' },
    { note: 'unknown bytes that are not there', hex: 'a2060561', reason: 'Unexpected EOF' },
    { note: 'unknown bytes, 20 MB of them', hex: 'a20680dac409', reason: 'Truncated message' },
    { note: 'the same in a group', hex: 'a306a20680dac409', reason: 'Unexpected EOF' },
    { note: 'a length above 32 bits', hex: '0affffffff10', reason: 'Incorrect varint' },
    { note: 'a tag cut short', hex: '8a', reason: 'Unexpected EOF' },
    { note: 'a tag above 32 bits', hex: '8a80808010', reason: 'Incorrect varint' },
    { note: 'field number 0', hex: '0001', reason: 'Incorrect tag' },
    { note: 'a varint without end', hex: '0affffffffffffffffffff', reason: 'Incorrect varint' },
    {
      note: 'a 64-bit varint above 64 bits',
      hex: 'a006ffffffffffffffffff02',
      reason: 'Incorrect varint',
    },
    { note: 'wire type 7', hex: 'a706', reason: 'Incorrect tag' },
    { note: 'wire type 6 of a known field', hex: '0e', reason: 'Incorrect tag' },
    { note: 'a fixed32 cut short', hex: 'a506010203', reason: 'Unexpected EOF' },
    { note: 'text that is no UTF-8', hex: '0a02c328', reason: 'Invalid UTF-8 sequence' },
    { note: 'the end of no group', hex: 'a406', reason: 'Unexpected wire type' },
    { note: 'a group without end', hex: 'a3060801', reason: 'Unexpected EOF' },
    { note: 'a group inside, without end', hex: 'a306a306', reason: 'Unexpected EOF' },
    { note: 'groups nested too deep', hex: 'a306'.repeat(102), reason: 'Over recursion limit' },
  ])('$note: $reason', ({ hex, reason }) => {
    expect(() => decodeMessage('grpc.CheckRequest', Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: 'WIRE_UNDECODABLE', message: reason }) as Error,
    );
  });

  test.each([
    {
      note: 'a uint32 above 32 bits',
      type: 'grpc.RemoveContainerRequest',
      hex: '10ffffffff10',
      reason: 'Incorrect varint',
    },
    {
      note: 'a uint32 of ten bytes',
      type: 'grpc.RemoveContainerRequest',
      hex: '10ffffffffffffffffff01',
      reason: 'Incorrect varint',
    },
    {
      note: 'an enum above 31 bits',
      type: 'types.IPAddress',
      hex: '08ffffffff0f',
      reason: 'Value too large for i32: 4294967295',
    },
    {
      note: 'an enum below 31 bits',
      type: 'types.IPAddress',
      hex: '08ffffffffefffffffff01',
      reason: 'Value too large for i32: -4294967297',
    },
    {
      note: 'a message that claims more than the one around it',
      type: 'grpc.UpdateRoutesRequest',
      hex: '0a030a7f00',
      reason: 'New limit must not be greater than current limit',
    },
    {
      note: 'a string that claims more than its message',
      type: 'grpc.UpdateRoutesRequest',
      hex: '0a040a020a05',
      reason: 'Truncated message',
    },
    {
      note: 'a message longer than 64 bits can say',
      type: 'grpc.UpdateRoutesRequest',
      hex: '0affffffffffffffffff01',
      reason: 'Limit overflow',
    },
    {
      note: 'a map entry longer than 32 bits can say',
      type: 'grpc.Spec',
      hex: '3affffffff10',
      reason: 'Incorrect varint',
    },
  ] as const)('$note: $reason', ({ type, hex, reason }) => {
    expect(() => decodeMessage(type, Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: 'WIRE_UNDECODABLE', message: reason }) as Error,
    );
  });

  test('groups may nest 101 deep', () => {
    const hex = 'a306'.repeat(101) + 'a406'.repeat(101) + '0a0161';
    expect(decodeMessage('grpc.CheckRequest', Buffer.from(hex, 'hex')).service).toBe('a');
  });

  test('a replacement character that was really sent is text', () => {
    const bytes = encodeMessage('grpc.CheckRequest', { service: 'a\ufffdb' });
    expect(decodeMessage('grpc.CheckRequest', bytes).service).toBe('a\ufffdb');
  });

  test('more list elements than memory allows', () => {
    const bytes = Buffer.alloc(2 * (MAX_ELEMENTS + 1));
    for (let at = 0; at < bytes.length; at += 2) bytes[at] = 0x2a;
    expect(() => decodeMessage('grpc.CreateContainerRequest', bytes)).toThrow('too many elements');
  });

  test('any bytes at all either decode or are refused with a KatasimError', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 200 }), (name, bytes) => {
        try {
          decodeMessage(name, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(KatasimError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a message cut anywhere decodes or is refused, and never reads past its end', () => {
    fc.assert(
      fc.property(arbitraryMessage('grpc.CreateContainerRequest'), (message) => {
        const bytes = encodeMessage('grpc.CreateContainerRequest', message as never);
        for (let end = 0; end < Math.min(bytes.length, 400); end++) {
          try {
            decodeMessage('grpc.CreateContainerRequest', bytes.subarray(0, end));
          } catch (error) {
            expect(error).toMatchObject({ code: 'WIRE_UNDECODABLE' });
          }
        }
      }),
      { numRuns: 10 },
    );
  });
});

test.each([
  {
    note: 'text for a number',
    value: { timeout: '5' },
    message: 'grpc.RemoveContainerRequest.timeout: "5" is not a uint32',
  },
  {
    note: 'a negative unsigned',
    value: { timeout: -1 },
    message: 'grpc.RemoveContainerRequest.timeout: -1 is not a uint32',
  },
  {
    note: 'a fraction',
    value: { timeout: 1.5 },
    message: 'grpc.RemoveContainerRequest.timeout: 1.5 is not a uint32',
  },
  {
    note: 'no text',
    value: { container_id: null },
    message: 'grpc.RemoveContainerRequest.container_id: null is not a string',
  },
])('encoding refuses $note', ({ value, message }) => {
  expect(() => encodeMessage('grpc.RemoveContainerRequest', value as never)).toThrow(message);
});

test('an unknown message name is answered with the nearest', () => {
  expect(() => emptyMessage('grpc.ExecProcesRequest' as MessageName)).toThrow(
    "did you mean 'grpc.ExecProcessRequest'?",
  );
});
