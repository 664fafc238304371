/**
 * Turns proto/*.proto into what the code is made of, so that the program itself reads no files:
 *
 *   node proto/generate.js            writes src/wire/generated/{schema,messages}.ts
 *   node proto/generate.js --check    exits 1 when one of them is out of date
 *   node proto/generate.js --facts agent-api.json
 *                                     writes the facts the schema test compares with
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import protobuf from 'protobufjs';

const here = dirname(fileURLToPath(import.meta.url));
const wire = join(here, '..', 'src', 'wire');

/** Every file the program speaks; imports come along. */
export const PROTO_FILES = [
  'agent.proto',
  'health.proto',
  'hypervisor.proto',
  'podvminfo.proto',
  'ttrpc/ttrpc.proto',
  'grpc/health/v1/health.proto',
  'grpc/reflection/v1/reflection.proto',
  'grpc/reflection/v1alpha/reflection.proto',
];

/** Packages whose message names would clash get a prefix in TypeScript; the wire names stay. */
const PREFIXES = {
  ttrpc: 'Ttrpc',
  'grpc.health.v1': 'Standard',
  'grpc.reflection.v1': 'Reflection',
  'grpc.reflection.v1alpha': 'ReflectionAlpha',
};

const SCALARS = {
  string: 'string',
  bytes: 'Uint8Array',
  bool: 'boolean',
  int32: 'number',
  uint32: 'number',
  int64: 'bigint',
  uint64: 'bigint',
};

function load() {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    target.startsWith('google/protobuf/') ? target : join(here, target);
  root.loadSync(PROTO_FILES, { keepCase: true });
  root.resolveAll();
  return root;
}

const nameOf = (object) => object.fullName.replace(/^\./, '');
const fileOf = (object) => {
  for (let o = object; o; o = o.parent) if (o.filename) return o.filename.replace(`${here}/`, '');
  // The parser carries Google's well-known types itself; Empty is the only one the API uses.
  if (object.fullName === '.google.protobuf.Empty') return 'google/protobuf/empty.proto';
  throw new Error(`${object.fullName} belongs to no file`);
};

function labelOf(field) {
  if (field.map) return 'map';
  if (field.repeated) return 'repeated';
  if (field.options?.proto3_optional) return 'optional';
  return field.partOf ? `oneof ${field.partOf.name}` : 'singular';
}

function fieldRow(field) {
  const type = field.resolvedType ? nameOf(field.resolvedType) : field.type;
  if (!field.resolvedType && !(type in SCALARS)) throw new Error(`no codec for type ${type}`);
  if (field.map && field.keyType !== 'string')
    throw new Error(`${field.name}: map keys are strings`);
  const label = labelOf(field);
  return label === 'singular' ? [field.name, field.id, type] : [field.name, field.id, type, label];
}

/** Messages, enums, services and files of a root, in the order of the files. */
function collect(root) {
  const schema = { files: {}, messages: {}, enums: {}, services: {} };
  const visit = (namespace) => {
    for (const object of namespace.nestedArray) {
      if (object instanceof protobuf.Type) {
        schema.messages[nameOf(object)] = {
          file: fileOf(object),
          fields: object.fieldsArray.map(fieldRow),
        };
      } else if (object instanceof protobuf.Enum) {
        schema.enums[nameOf(object)] = { file: fileOf(object), values: { ...object.values } };
      } else if (object instanceof protobuf.Service) {
        schema.services[nameOf(object)] = {
          file: fileOf(object),
          methods: Object.fromEntries(
            object.methodsArray.map((method) => [
              method.name,
              {
                request: nameOf(method.resolvedRequestType),
                response: nameOf(method.resolvedResponseType),
                ...(method.requestStream && { requestStream: true }),
                ...(method.responseStream && { responseStream: true }),
              },
            ]),
          ),
        };
      }
      if (object instanceof protobuf.Namespace) visit(object);
    }
  };
  visit(root);
  const used = new Set(
    [schema.messages, schema.enums, schema.services].flatMap((group) =>
      Object.values(group).map((item) => item.file),
    ),
  );
  for (const file of used) schema.files[file] = fileFacts(file);
  return schema;
}

/** Package and imports, which the parsed tree does not keep. */
function fileFacts(file) {
  if (file.startsWith('google/')) return { package: 'google.protobuf', imports: [] };
  const text = readFileSync(join(here, file), 'utf8');
  return {
    package: /^package ([\w.]+);/m.exec(text)[1],
    imports: [...text.matchAll(/^import "([^"]+)";/gm)].map((match) => match[1]),
  };
}

function typescriptName(schema, name) {
  const { file } = schema.messages[name] ?? schema.enums[name];
  const pkg = schema.files[file].package;
  return (PREFIXES[pkg] ?? '') + name.slice(pkg.length + 1).replaceAll('.', '');
}

function fieldType(schema, [, , type, label]) {
  const isMessage = type in schema.messages;
  const isEnum = type in schema.enums;
  const one = isMessage || isEnum ? typescriptName(schema, type) : SCALARS[type];
  if (label === 'map') return `Record<string, ${one}>`;
  if (label === 'repeated') return `${one}[]`;
  return isMessage || label !== undefined ? `${one} | null` : one;
}

const GENERATED = '// Generated by proto/generate.js from proto/*.proto. Do not edit.\n';

function schemaModule(schema) {
  return `${GENERATED}
import type { Schema } from '../descriptor.ts';

export const schema: Schema = ${JSON.stringify(schema)};
`;
}

function messagesModule(schema) {
  const out = [GENERATED];
  out.push(`/**
 * The messages as decoded values: field names as in the .proto files, 64-bit integers as bigint,
 * enums as numbers, an unset message or optional field as null, every field present.
 */`);
  for (const [name, { values }] of Object.entries(schema.enums)) {
    const ts = typescriptName(schema, name);
    out.push(`/** ${name} */
export const ${ts} = ${JSON.stringify(values)} as const;
export type ${ts} = number;`);
  }
  for (const [name, { fields }] of Object.entries(schema.messages)) {
    const ts = typescriptName(schema, name);
    const body = fields.map((field) => `  ${field[0]}: ${fieldType(schema, field)};`).join('\n');
    out.push(
      fields.length === 0
        ? `/** ${name} */\nexport type ${ts} = Record<string, never>;`
        : `/** ${name} */\nexport interface ${ts} {\n${body}\n}`,
    );
  }
  out.push('/** Every message by its full protobuf name. */\nexport interface Messages {');
  for (const name of Object.keys(schema.messages))
    out.push(`  '${name}': ${typescriptName(schema, name)};`);
  out.push('}\n');
  out.push('/** Every service with its unary methods. */\nexport interface Services {');
  for (const [name, { methods }] of Object.entries(schema.services)) {
    const unary = Object.entries(methods).filter(([, m]) => !m.requestStream && !m.responseStream);
    if (unary.length === 0) continue;
    out.push(`  '${name}': {`);
    for (const [method, { request, response }] of unary) {
      const types = [request, response].map((type) => typescriptName(schema, type));
      out.push(`    ${method}: { request: ${types[0]}; response: ${types[1]} };`);
    }
    out.push('  };');
  }
  out.push('}');
  return out.join('\n');
}

/** The two generated modules as text, by file name. */
export async function generate() {
  const schema = collect(load());
  const options = await prettier.resolveConfig(join(wire, 'index.ts'));
  const format = (text) => prettier.format(text, { ...options, parser: 'typescript' });
  return {
    'generated/schema.ts': await format(schemaModule(schema)),
    'generated/messages.ts': await format(messagesModule(schema)),
  };
}

/** What the schema test compares with: one line per field, method and enum value of the upstream API. */
export function facts(api) {
  const lines = [];
  for (const service of api.services)
    for (const m of service.methods)
      lines.push(`rpc ${service.full_name}/${m.name} ${m.input} -> ${m.output}`);
  for (const message of api.messages) {
    lines.push(`message ${message.name} ${message.file}`);
    for (const f of message.fields)
      lines.push(`field ${message.name}.${f.name} ${f.number} ${f.map_value ?? f.type} ${f.label}`);
  }
  for (const e of api.enums)
    for (const [name, number] of Object.entries(e.values))
      lines.push(`enum ${e.name}.${name} ${number}`);
  return lines;
}

async function main(args) {
  const at = args.indexOf('--facts');
  if (at >= 0) {
    const api = JSON.parse(readFileSync(args[at + 1], 'utf8'));
    const head = `# ${api.source}; written by: node proto/generate.js --facts agent-api.json`;
    writeFileSync(
      join(wire, 'testdata', 'agent-api.facts.txt'),
      [head, ...facts(api), ''].join('\n'),
    );
    return;
  }
  for (const [file, text] of Object.entries(await generate())) {
    const path = join(wire, file);
    if (!args.includes('--check')) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`src/wire/${file} is out of date: run node proto/generate.js`);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
