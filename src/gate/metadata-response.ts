/**
 * A rule may answer with an object, `{allowed, ops}`. The agent writes it out as JSON text and reads
 * it back into a struct, so a wrong shape fails with the reader's words and place.
 * Sources: kata-containers src/agent/policy/src/policy.rs (MetadataResponse) at 4.1.0; json-patch 4.2.0
 * (an internally tagged enum of structs); serde 1.0.228 and serde_json 1.0.149 for words and columns.
 */
import { place, type Placed } from './placed-json.ts';
import { parsePointer, pointerError } from './json-pointer.ts';
import { rustString } from './rust-text.ts';
import type { Json } from '#wire';
import type { Value } from '#rego';
import type { PatchOperation } from './json-patch.ts';

type MetadataResponse =
  | {
      readonly ok: true;
      readonly allowed: boolean;
      readonly ops: readonly PatchOperation[] | undefined;
    }
  | { readonly ok: false; readonly error: string };

/** `written`: the value has a JSON text, which is what the agent's log shows. */
type ReadResponse = MetadataResponse & { readonly written: boolean };

type Op = PatchOperation['op'];

/** The structs behind the variants: their fields in the order of the source. */
const OPS: Readonly<Record<Op, { readonly name: string; readonly fields: readonly string[] }>> = {
  add: { name: 'AddOperation', fields: ['path', 'value'] },
  remove: { name: 'RemoveOperation', fields: ['path'] },
  replace: { name: 'ReplaceOperation', fields: ['path', 'value'] },
  move: { name: 'MoveOperation', fields: ['from', 'path'] },
  copy: { name: 'CopyOperation', fields: ['from', 'path'] },
  test: { name: 'TestOperation', fields: ['path', 'value'] },
};

const isOp = (text: string): text is Op => Object.hasOwn(OPS, text);

/** serde_json enters this many containers inside each other and no more. */
const MAX_DEPTH = 127;
const RESPONSE_DEPTH = 1;

/** A refusal on its way out: a column when the reader knows one, none when its caller adds its own. */
class Refusal extends Error {
  readonly column: number | undefined;

  constructor(message: string, column?: number) {
    super(message);
    this.column = column;
  }
}

export function readMetadataResponse(value: Value): ReadResponse {
  try {
    const root = place(value);
    if (root === undefined) return { written: false, ok: false, error: 'key must be a string' };
    return { written: true, ok: true, ...readResponse(root) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      written: true,
      ok: false,
      error: `${error.message} at line 1 column ${String(error.column ?? 0)}`,
    };
  }
}

function readResponse({ members = [], end }: Placed) {
  let allowed: boolean | undefined;
  let ops: readonly PatchOperation[] | undefined;
  for (const [key, node] of members) {
    if (key === 'allowed') {
      if (typeof node.json !== 'boolean') throw wrongType(node, 'a boolean');
      allowed = node.json;
    } else if (key === 'ops' && node.json !== null) ops = readOps(node);
  }
  if (allowed === undefined) throw new Refusal('missing field `allowed`', end);
  return { allowed, ops };
}

/** Scalars have been read when their type turns out wrong, containers have not. */
function wrongType(node: Placed, expected: string): Refusal {
  const isContainer = node.items !== undefined || node.members !== undefined;
  const message = `invalid type: ${unexpected(node)}, expected ${expected}`;
  return new Refusal(message, isContainer ? node.start : node.end);
}

/** How serde_json calls what it found. */
function unexpected({ json, items, members, text }: Placed): string {
  if (items !== undefined) return 'sequence';
  if (members !== undefined) return 'map';
  if (json === null) return 'null';
  if (typeof json === 'boolean') return `boolean \`${String(json)}\``;
  if (typeof json === 'string') return `string ${rustString(json)}`;
  return `${/^-?\d+$/.test(text) ? 'integer' : 'floating point'} \`${text}\``;
}

function readOps(list: Placed): readonly PatchOperation[] {
  if (list.items === undefined) throw wrongType(list, 'a sequence');
  return list.items.map((item) => {
    try {
      return readOp(item);
    } catch (error) {
      if (!(error instanceof Refusal) || error.column !== undefined) throw error;
      // What is buffered has no place of its own: the reader has moved on by a comma or a bracket.
      throw new Refusal(error.message, item.end + 1);
    }
  });
}

/** `{"op": "add", ...}`, or `["add", ...]` with the fields in the order of the struct. */
function readOp(item: Placed): PatchOperation {
  const { items, members } = item;
  if (items === undefined && members === undefined)
    throw wrongType(item, 'internally tagged enum PatchOperation');
  let op: Op | undefined;
  for (const [key, node] of members ?? items?.map((each, i) => [i, each] as const) ?? []) {
    if (key === 'op' || key === 0) op = readTag(node);
    else assertDepth(node, RESPONSE_DEPTH + 2);
  }
  if (op === undefined) throw new Refusal('missing field `op`', item.end);
  const fields = members === undefined ? fieldsInOrder(op, items ?? []) : namedFields(op, members);
  return { op, ...fields } as PatchOperation;
}

function readTag(node: Placed): Op {
  if (typeof node.json !== 'string') throw wrongType(node, 'variant identifier');
  if (isOp(node.json)) return node.json;
  const choices = Object.keys(OPS).map((name) => `\`${name}\``);
  throw new Refusal(
    `unknown variant \`${node.json}\`, expected one of ${choices.join(', ')}`,
    node.end,
  );
}

type Fields = Record<string, Json>;

function namedFields(op: Op, members: readonly (readonly [string, Placed])[]): Fields {
  const read: Fields = {};
  for (const [key, node] of members)
    if (OPS[op].fields.includes(key)) read[key] = readField(key, node);
  for (const field of OPS[op].fields)
    if (!Object.hasOwn(read, field)) throw new Refusal(`missing field \`${field}\``);
  return read;
}

function fieldsInOrder(op: Op, [, ...items]: readonly Placed[]): Fields {
  const { name, fields } = OPS[op];
  const read: Fields = {};
  for (const [index, field] of fields.entries()) {
    const node = items[index];
    if (node === undefined)
      throw new Refusal(
        `invalid length ${String(index)}, expected struct ${name} with ${elements(fields.length)}`,
      );
    read[field] = readField(field, node);
  }
  if (items.length > fields.length) {
    const expected = `${elements(fields.length)} in sequence`;
    throw new Refusal(`invalid length ${String(items.length)}, expected ${expected}`);
  }
  return read;
}

const elements = (count: number): string => `${String(count)} element${count === 1 ? '' : 's'}`;

function readField(field: string, node: Placed): Json {
  if (field === 'value') return node.json;
  if (typeof node.json !== 'string')
    throw new Refusal(`invalid type: ${unexpected(node)}, expected a string`);
  if (parsePointer(node.json) === undefined) throw new Refusal(pointerError(node.json));
  return node.json;
}

function assertDepth(node: Placed, depth: number): void {
  const children = node.items ?? node.members?.map(([, member]) => member);
  if (children === undefined) return;
  if (depth >= MAX_DEPTH) throw new Refusal('recursion limit exceeded', node.start + 1);
  for (const child of children) assertDepth(child, depth + 1);
}
