/**
 * An initdata document as cloud-api-adaptor and process-user-data decode it: go-toml into
 * `InitDataBody { Algorithm, Version string; Data map[string]string }`. Keys of the struct match
 * without regard to case, unknown ones are skipped unread, and some documents panic.
 * Source: pelletier/go-toml v2.1.0 unmarshaler.go; cloud-api-adaptor v0.22.0 pkg/initdata/initdata.go.
 */
import { DefinedKeys } from './defined-keys.ts';
import { expressions, type KeyValue, type TableHeader, type TomlValue } from './parse.ts';
import { GoTomlError, utf8 } from './scan.ts';
import { checkScalar } from './scalars.ts';

interface InitdataFields {
  algorithm: string;
  version: string;
  readonly data: Map<string, string>;
}

type FieldName = 'algorithm' | 'version' | 'data';

const FIELDS: Readonly<Record<FieldName, { readonly name: string; readonly type: string }>> = {
  algorithm: { name: 'Algorithm', type: 'string' },
  version: { name: 'Version', type: 'string' },
  data: { name: 'Data', type: 'map[string]string' },
};

/** Go's names of the types that a time becomes; storing one in a string panics. */
const TIME_TYPES: Readonly<Record<string, string>> = {
  datetime: 'time.Time',
  'local-date': 'toml.LocalDate',
  'local-time': 'toml.LocalTime',
  'local-datetime': 'toml.LocalDateTime',
};

/** Throws `GoTomlError` with what the adaptor would print; a panic's text begins with `panic: `. */
export function decodeGoToml(bytes: Uint8Array): InitdataFields {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const fields: InitdataFields = { algorithm: '', version: '', data: new Map() };
  const defined = new DefinedKeys();
  let table: Target | 'unknown' = { kind: 'root' };
  for (const expression of expressions(text)) {
    // What stands below a table that no field takes is not even checked for repetitions.
    if (expression.kind === 'key-value' && table === 'unknown') continue;
    defined.check(expression);
    if (expression.kind !== 'key-value') table = openTable(expression, fields);
    else if (table !== 'unknown') assign(expression, table, fields);
  }
  return fields;
}

/** Where the key-values below the last header go. `text` is a string, which takes none. */
type Target = { readonly kind: 'root' } | { readonly kind: 'data' } | { readonly kind: 'text' };

function fieldOf(name: string): FieldName | undefined {
  const lower = utf8(name).toLowerCase();
  return Object.keys(FIELDS).find((field): field is FieldName => field === lower);
}

function openTable(header: TableHeader, fields: InitdataFields): Target | 'unknown' {
  const { kind, key, at } = header;
  const field = fieldOf(key[0] ?? '');
  if (field === undefined) return 'unknown';
  const isText = field !== 'data' || key.length > 1;
  // A string has no members: one part too many panics.
  if (key.length > (field === 'data' ? 2 : 1)) panic('unhandled part: string', at);
  if (kind === 'array-table') throw mismatch('array table', field, at);
  if (field === 'data' && key[1] !== undefined) {
    const name = utf8(key[1]);
    if (!fields.data.has(name)) fields.data.set(name, '');
  }
  return { kind: isText ? 'text' : 'data' };
}

function assign({ key, value, at }: KeyValue, target: Target, fields: InitdataFields): void {
  if (target.kind === 'text') throw new GoTomlError('unhandled kv part: string', at);
  const field = target.kind === 'data' ? 'data' : fieldOf(key[0] ?? '');
  if (field === undefined) return;
  const rest = target.kind === 'data' ? key : key.slice(1);
  if (field !== 'data') {
    if (rest.length > 0) throw new GoTomlError('unhandled kv part: string', at);
    fields[field] = textOf(value, field);
  } else if (rest.length > 0) assignData(rest, value, fields);
  else if (value.kind === 'inline-table') {
    for (const { key: inner, value: text } of value.entries) assignData(inner, text, fields);
  } else throw notStorable(value, field, 'map');
}

function assignData(key: readonly string[], value: TomlValue, fields: InitdataFields): void {
  if (key.length > 1) throw new GoTomlError('unhandled kv part: string', value.at);
  fields.data.set(utf8(key[0] ?? ''), textOf(value, 'data'));
}

function textOf(value: TomlValue, field: FieldName): string {
  if (value.kind === 'string') return utf8(value.text);
  throw notStorable(value, field, 'string');
}

/** Why a value does not go into a Go `string` or `map[string]string`. */
function notStorable(value: TomlValue, field: FieldName, into: 'string' | 'map'): GoTomlError {
  const { kind, at } = value;
  switch (kind) {
    case 'array':
      return mismatch('array', field, at);
    case 'inline-table':
      return new GoTomlError(`toml: cannot store inline table in Go type ${into}`, at);
    case 'string':
      return mismatch('string', field, at);
    case 'bool':
      return new GoTomlError(`toml: cannot assign boolean to a ${value.text}`, at);
    case 'integer':
      checkScalar(kind, value.text, at);
      return mismatch('integer', field, at);
    case 'float':
      checkScalar(kind, value.text, at);
      return new GoTomlError(`toml: float cannot be assigned to ${into}`, at);
    case 'datetime':
    case 'local-date':
    case 'local-time':
    case 'local-datetime': {
      checkScalar(kind, value.text, at);
      const type = into === 'map' ? 'map[string]string' : 'string';
      const text = `reflect.Set: value of type ${TIME_TYPES[kind] ?? ''} is not assignable to type ${type}`;
      return panic(text, at);
    }
  }
}

const mismatch = (toml: string, field: FieldName, at: number): GoTomlError =>
  new GoTomlError(
    `toml: cannot decode TOML ${toml} into struct field initdata.InitDataBody.${FIELDS[field].name} of type ${FIELDS[field].type}`,
    at,
  );

function panic(text: string, at: number): never {
  throw new GoTomlError(`panic: ${text}`, at);
}
