/** The document a policy sees, and requests typed by people in the same spelling. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, emptyMessage, encodeMessage } from './codec.ts';
import { endpoints, type Init, type MessageName } from './descriptor.ts';
import { fromPolicyInput, stringifyJson, toPolicyInput } from './policy-input.ts';
import { arbitraryMessage } from './testdata/arbitrary-message.ts';
import type { Messages } from './generated/messages.ts';

function inputOf<N extends MessageName>(type: N, value: Init<Messages[N]>) {
  return toPolicyInput(type, decodeMessage(type, encodeMessage(type, value)));
}

describe('the document', () => {
  test('spells type as type_, bytes as numbers, enums as numbers, unset messages as null', () => {
    expect(
      inputOf('grpc.UpdateInterfaceRequest', {
        interface: {
          device: 'eth0',
          name: 'eth0',
          IPAddresses: [
            { address: '10.244.0.14', mask: '24' },
            { family: 1, address: 'fe80::6474:9fff:fe6a:9601', mask: '64' },
          ],
          mtu: 1500,
          hwAddr: '66:74:9f:6a:96:01',
          type: 'virtual',
        },
      }),
    ).toEqual({
      interface: {
        device: 'eth0',
        name: 'eth0',
        IPAddresses: [
          { family: 0, address: '10.244.0.14', mask: '24' },
          { family: 1, address: 'fe80::6474:9fff:fe6a:9601', mask: '64' },
        ],
        mtu: 1500,
        hwAddr: '66:74:9f:6a:96:01',
        devicePath: '',
        type_: 'virtual',
        raw_flags: 0,
      },
    });
    expect(inputOf('grpc.WriteStreamRequest', { data: Buffer.from('hi\n') })).toEqual({
      container_id: '',
      exec_id: '',
      data: [104, 105, 10],
    });
    expect(inputOf('grpc.ExecProcessRequest', {})).toMatchObject({
      string_user: null,
      process: null,
    });
  });

  test('has every key of an empty request', () => {
    expect(inputOf('grpc.MemAgentMemcgConfig', {})).toEqual({
      disabled: null,
      swap: null,
      swappiness_max: null,
      period_secs: null,
      period_psi_percent_limit: null,
      eviction_psi_percent_limit: null,
      eviction_run_aging_count_min: null,
    });
    expect(inputOf('grpc.DestroySandboxRequest', {})).toEqual({});
  });

  test('writes a oneof under its own name, after the fields', () => {
    const unset = inputOf('grpc.LinuxSyscall', { Names: ['read'], Action: 'A' });
    expect(stringifyJson(unset)).toBe('{"Names":["read"],"Action":"A","Args":[],"ErrnoRet":null}');
    const set = inputOf('grpc.LinuxSyscall', { errnoret: 0 });
    expect(set).toMatchObject({ ErrnoRet: { Errnoret: 0 } });
  });

  test('keeps every digit of a 64-bit integer', () => {
    const input = inputOf('grpc.LinuxMemory', { Limit: 2n ** 53n + 1n, Swap: 5n });
    expect(stringifyJson(input)).toContain('"Limit":9007199254740993,');
    expect(input).toMatchObject({ Swap: 5 });
  });
});

describe('a request typed as JSON', () => {
  test.each(endpoints)('$endpoint comes back from its own document', ({ requestType }) => {
    fc.assert(
      fc.property(arbitraryMessage(requestType), (message) => {
        const document = toPolicyInput(requestType, message as never);
        expect(fromPolicyInput(requestType, document)).toEqual(message);
      }),
      { numRuns: 20 },
    );
  });

  test('may leave fields out', () => {
    expect(fromPolicyInput('grpc.ExecProcessRequest', { container_id: 'c' })).toEqual({
      ...emptyMessage('grpc.ExecProcessRequest'),
      container_id: 'c',
    });
  });

  test.each([
    {
      note: 'an unknown field',
      json: { containerid: 'x' },
      message:
        "request.containerid: no such field in grpc.ExecProcessRequest, did you mean 'container_id'?",
    },
    {
      note: 'an unknown field further in',
      json: { process: { args: [] } },
      message: "request.process.args: no such field in grpc.Process, did you mean 'Args'?",
    },
    {
      note: 'a wrong type',
      json: { process: { Args: [1] } },
      message: 'request.process.Args[0]: expected a string, found 1',
    },
    {
      note: 'a number out of range',
      json: { stdin_port: -1 },
      message: 'request.stdin_port: expected an integer from 0 to 4294967295, found -1',
    },
    {
      note: 'a fraction',
      json: { stdin_port: 1.5 },
      message: 'request.stdin_port: expected an integer from 0 to 4294967295, found 1.5',
    },
    {
      note: 'no object',
      json: [],
      message: 'request: expected a grpc.ExecProcessRequest object, found an array of 0',
    },
    {
      note: 'null for a scalar',
      json: { exec_id: null },
      message: 'request.exec_id: expected a string, found null',
    },
  ])('is refused with its path: $note', ({ json, message }) => {
    expect(() => fromPolicyInput('grpc.ExecProcessRequest', json)).toThrow(message);
  });

  test.each([
    {
      note: 'bytes as text',
      type: 'grpc.WriteStreamRequest',
      json: { data: 'hi' },
      message: 'request.data: expected an array of numbers from 0 to 255, found "hi"',
    },
    {
      note: 'a byte too large',
      type: 'grpc.WriteStreamRequest',
      json: { data: [256] },
      message: 'request.data: expected an array of numbers',
    },
    {
      note: 'type without its underscore',
      type: 'types.Interface',
      json: { type: 'x' },
      message: "request.type: no such field in types.Interface, did you mean 'type_'?",
    },
    {
      note: 'a oneof without its variant',
      type: 'grpc.LinuxSyscall',
      json: { ErrnoRet: 1 },
      message: 'request.ErrnoRet: expected an object with the one key Errnoret, found 1',
    },
    {
      note: 'a map value',
      type: 'grpc.Spec',
      json: { Annotations: { a: 1 } },
      message: 'request.Annotations["a"]: expected a string, found 1',
    },
  ] as const)('is refused: $note', ({ type, json, message }) => {
    expect(() => fromPolicyInput(type, json)).toThrow(message);
  });
});
