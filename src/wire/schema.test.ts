/** The .proto files against the upstream facts, and what is generated from them against the .proto files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { describe, expect, test } from 'vitest';
// @ts-expect-error -- a build script in JavaScript
import { PROTO_FILES, generate } from '../../proto/generate.js';
import { endpoints, methodNamed, methods, methodsOf } from './descriptor.ts';
import { schema } from './generated/schema.ts';

const here = import.meta.dirname;

function facts(): string[] {
  const text = readFileSync(join(here, 'testdata/agent-api.facts.txt'), 'utf8');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** The schema in the words of the facts file. */
function described(): string[] {
  const lines: string[] = [];
  const upstream = (file: string): boolean => !file.includes('/') || file.startsWith('google/');
  const isAgents = (file: string): boolean =>
    upstream(file) && !['hypervisor.proto', 'podvminfo.proto'].includes(file);
  for (const [service, { file, methods: rows }] of Object.entries(schema.services))
    if (isAgents(file))
      for (const [method, { request, response }] of Object.entries(rows))
        lines.push(`rpc ${service}/${method} ${request} -> ${response}`);
  for (const [name, { file, fields }] of Object.entries(schema.messages)) {
    if (!isAgents(file)) continue;
    lines.push(`message ${name} ${file}`);
    for (const [field, number, type, label] of fields) {
      const shown = label === 'map' ? `map<string,${type}>` : (label ?? 'singular');
      lines.push(`field ${name}.${field} ${number} ${type} ${shown}`);
    }
  }
  for (const [name, { file, values }] of Object.entries(schema.enums))
    if (isAgents(file))
      for (const [value, number] of Object.entries(values))
        lines.push(`enum ${name}.${value} ${number}`);
  return lines;
}

test('every message, field, number, type, label, enum value and method is upstream’s', () => {
  expect(described().sort()).toEqual(facts().sort());
});

test('the facts are complete: 44 methods, 114 messages, 369 fields, 10 enum values', () => {
  const count = (kind: string) => facts().filter((line) => line.startsWith(`${kind} `)).length;
  expect([count('rpc'), count('message'), count('field'), count('enum')]).toEqual([
    44, 114, 369, 10,
  ]);
});

test('the generated modules are in step with the .proto files', async () => {
  for (const [file, text] of Object.entries((await generate()) as Record<string, string>))
    expect(readFileSync(join(here, file), 'utf8'), file).toBe(text);
});

describe('the .proto files as a gRPC client loads them', () => {
  const definition: PackageDefinition = loadSync(PROTO_FILES as string[], {
    includeDirs: [join(here, '../../proto')],
    keepCase: true,
  });
  test.each(methods)('$path is there', ({ service, method, path }) => {
    const loaded = definition[service] as Record<string, { path: string }>;
    expect(loaded[method]?.path).toBe(path);
  });
});

test('42 methods share 41 endpoints', () => {
  expect(methodsOf('grpc.AgentService')).toHaveLength(42);
  expect(endpoints).toHaveLength(41);
  const shared = endpoints.filter((row) => row.methods.length > 1);
  expect(shared).toEqual([
    {
      endpoint: 'ReadStreamRequest',
      requestType: 'grpc.ReadStreamRequest',
      methods: ['ReadStdout', 'ReadStderr'],
    },
  ]);
});

test('a mistyped method is answered with the nearest one', () => {
  expect(() => methodNamed('grpc.AgentService', 'ExecProces')).toThrow(
    "grpc.AgentService has no method 'ExecProces', did you mean 'ExecProcess'?",
  );
  expect(() => methodNamed('grpc.AgentServce', 'ExecProcess')).toThrow(
    "did you mean 'grpc.AgentService'?",
  );
});
