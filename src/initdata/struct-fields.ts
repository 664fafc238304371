/**
 * The three fields of a document out of a TOML table, as serde (kata-types) and BurntSushi/toml (the
 * Go shim) fill their structs. Both parsers are TOML 1.0 or newer; the syntax is checked by
 * smol-toml, so the wording of syntax errors is ours.
 * Sources: kata-containers 4.1.0 src/libs/kata-types/src/initdata.rs, src/runtime/pkg/oci/utils.go;
 * BurntSushi/toml decode.go (unifyStruct, unifyMap).
 */
import { parse, TomlError } from 'smol-toml';
import { messageOf, type KatasimError } from '#base';
import { initdataErrors } from './errors.ts';
import { decodeUtf8 } from './utf8.ts';

interface Fields {
  version: string;
  algorithm: string;
  data: Map<string, string>;
}

interface Source {
  /** What the reader puts before the cause. */
  readonly context: string;
  readonly file: string | undefined;
}

type Table = Readonly<Record<string, unknown>>;

const STRINGS = ['version', 'algorithm'] as const;

/** serde wants all three keys, spelt exactly. */
export function decodeWithSerde(bytes: Uint8Array, source: Source): Fields {
  const table = parseTable(decodeUtf8(bytes), source);
  for (const key of [...STRINGS, 'data']) {
    if (table[key] === undefined) throw failure(`missing field \`${key}\``, source);
  }
  const { data } = table;
  if (!isTable(data)) throw failure(`data is ${kindOf(data)}, not a table`, source);
  return {
    version: stringOf(table['version'], 'version', source),
    algorithm: stringOf(table['algorithm'], 'algorithm', source),
    data: stringsOf(data, source),
  };
}

const SHIM_CONTEXT = 'parsing initdata annotation failed';

/** Go matches keys without regard to case and leaves empty what is missing or, for a map, no table. */
export function decodeAsGoShim(bytes: Uint8Array, file: string | undefined): Fields {
  const source = { context: SHIM_CONTEXT, file };
  const table = parseTable(shimText(bytes, source).replace(/^\ufeff/, ''), source);
  const fields: Fields = { version: '', algorithm: '', data: new Map() };
  for (const [key, value] of Object.entries(table)) {
    const name = key.toLowerCase();
    if (name === 'version' || name === 'algorithm') fields[name] = stringOf(value, key, source);
    else if (name === 'data' && isTable(value)) {
      fields.data = new Map([...fields.data, ...stringsOf(value, source)]);
    }
  }
  return fields;
}

function shimText(bytes: Uint8Array, source: Source): string {
  try {
    return decodeUtf8(bytes);
  } catch (error) {
    throw failure(messageOf(error), source);
  }
}

function parseTable(text: string, source: Source): Table {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw failure(messageOf(error), source);
    const { line, column } = error;
    // smol-toml's message is a sentence, an empty line and a code block.
    const [sentence = '', ...excerpt] = error.message.split('\n').filter((row) => row !== '');
    const cause = sentence.replace('Invalid TOML document: ', '');
    throw initdataErrors.toml(`${source.context}: ${cause} (line ${line}, column ${column})`, {
      file: source.file,
      line,
      column,
      excerpt,
    });
  }
}

const failure = (cause: string, { context, file }: Source): KatasimError =>
  initdataErrors.toml(`${context}: ${cause}`, { file });

function stringOf(value: unknown, key: string, source: Source): string {
  if (typeof value === 'string') return value;
  throw failure(`${key} is ${kindOf(value)}, not a string`, source);
}

function stringsOf(table: Table, source: Source): Map<string, string> {
  const data = new Map<string, string>();
  for (const [key, text] of Object.entries(table)) {
    if (typeof text !== 'string') {
      const inner = isTable(text) ? Object.keys(text)[0] : undefined;
      const quoted = inner === undefined ? '' : `; did you mean "${key}.${inner}" in quotes?`;
      throw failure(`data.${key} is ${kindOf(text)}, not a string${quoted}`, source);
    }
    data.set(key, text);
  }
  return data;
}

const isTable = (value: unknown): value is Table => kindOf(value) === 'a table';

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object' && value !== null) return 'a table';
  return `a ${typeof value}`;
}
