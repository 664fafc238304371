/**
 * A rule may answer with an object, `{allowed, ops}`. The agent writes it out as JSON text and reads
 * it back into a struct, so a wrong shape fails with the reader's words and place. Source: the
 * agent's MetadataResponse; wording and columns of serde_json.
 */
import { stringifyJson, type Json } from '#wire';
import type { PatchOperation } from './json-patch.ts';

export type MetadataResponse =
  | {
      readonly ok: true;
      readonly allowed: boolean;
      readonly ops: readonly PatchOperation[] | undefined;
    }
  | { readonly ok: false; readonly error: string };

const OPS = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const;

type JsonObject = Readonly<Record<string, Json>>;

/** Members with the place their value has in the text: `{"key":value,...}` without spaces. */
interface Member {
  readonly key: string;
  readonly value: Json;
  /** Bytes in front of the value. */
  readonly start: number;
  /** Bytes up to and with the value. */
  readonly end: number;
}

const bytes = (text: string): number => Buffer.byteLength(text);

function membersOf(object: JsonObject, offset: number): Member[] {
  let at = offset + 1;
  return Object.entries(object).map(([key, value]) => {
    const start = at + bytes(JSON.stringify(key)) + 1;
    const end = start + bytes(stringifyJson(value));
    at = end + 1;
    return { key, value, start, end };
  });
}

const located = (error: string, column: number): MetadataResponse => ({
  ok: false,
  error: `${error} at line 1 column ${String(column)}`,
});

/** `value` must have its members in the order they are written, which is the engine's. */
export function readMetadataResponse(value: JsonObject): MetadataResponse {
  const members = membersOf(value, 0);
  const length = bytes(stringifyJson(value));
  let allowed: boolean | undefined;
  let ops: readonly PatchOperation[] | undefined;
  for (const member of members) {
    if (member.key === 'allowed') {
      if (typeof member.value !== 'boolean') return wrongType(member, 'a boolean');
      allowed = member.value;
    } else if (member.key === 'ops' && member.value !== null) {
      if (!Array.isArray(member.value)) return wrongType(member, 'a sequence');
      const read = readOps(member.value as readonly Json[], member.start);
      if (!Array.isArray(read)) return read as MetadataResponse;
      ops = read as readonly PatchOperation[];
    }
  }
  if (allowed === undefined) return located('missing field `allowed`', length);
  return { ok: true, allowed, ops };
}

/** serde names what it found; scalars have been read when it does, containers have not. */
function wrongType({ value, start, end }: Member, expected: string): MetadataResponse {
  const isContainer = typeof value === 'object' && value !== null;
  return located(
    `invalid type: ${unexpected(value)}, expected ${expected}`,
    isContainer ? start : end,
  );
}

function unexpected(value: Json): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return `boolean \`${String(value)}\``;
  if (typeof value === 'string') return `string ${JSON.stringify(value)}`;
  if (Array.isArray(value)) return 'sequence';
  if (typeof value === 'object') return 'map';
  const isWhole = typeof value === 'bigint' || Number.isInteger(value);
  return isWhole ? `integer \`${String(value)}\`` : `floating point \`${String(value)}\``;
}

function readOps(
  items: readonly Json[],
  offset: number,
): readonly PatchOperation[] | MetadataResponse {
  const ops: PatchOperation[] = [];
  let at = offset + 1;
  for (const item of items) {
    const end = at + bytes(stringifyJson(item));
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      const expected = 'internally tagged enum PatchOperation';
      return wrongType({ key: '', value: item, start: at, end }, expected);
    }
    const read = readOp(item as JsonObject);
    if (typeof read !== 'string') ops.push(read);
    // The tag is looked for while the object is read; the rest once the list has moved on by one.
    else return located(read, read.endsWith('`op`') ? end : end + 1);
    at = end + 1;
  }
  return ops;
}

function readOp(object: JsonObject): PatchOperation | string {
  const text = (key: string): string | undefined => {
    const value = Object.hasOwn(object, key) ? object[key] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  if (!Object.hasOwn(object, 'op')) return 'missing field `op`';
  const op = OPS.find((name) => name === object['op']);
  if (op === undefined) {
    const choices = OPS.map((name) => `\`${name}\``).join(', ');
    return typeof object['op'] === 'string'
      ? `unknown variant \`${object['op']}\`, expected one of ${choices}`
      : `invalid type: ${unexpected(object['op'] ?? null)}, expected variant identifier`;
  }
  const needed = op === 'move' || op === 'copy' ? ['from', 'path'] : ['path'];
  for (const key of needed) {
    if (!Object.hasOwn(object, key)) return `missing field \`${key}\``;
    if (text(key) === undefined)
      return `invalid type: ${unexpected(object[key] ?? null)}, expected a string`;
  }
  const path = text('path') ?? '';
  if (op === 'remove') return { op, path };
  if (op === 'move' || op === 'copy') return { op, path, from: text('from') ?? '' };
  if (!Object.hasOwn(object, 'value')) return 'missing field `value`';
  return { op, path, value: object['value'] ?? null };
}
