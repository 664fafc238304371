/**
 * The schema as FileDescriptorProto bytes, which is what gRPC reflection hands out.
 * Source: google/protobuf/descriptor.proto; the numbers below are its field numbers.
 */
import { BYTES, VARINT } from './protobuf-reader.ts';
import { Writer } from './protobuf-writer.ts';
import { schema } from './generated/schema.ts';
import type { FieldRow } from './descriptor.ts';

/** FieldDescriptorProto.Type */
const FIELD_TYPES: Readonly<Record<string, number>> = {
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
};
const TYPE_MESSAGE = 11;
const TYPE_ENUM = 14;
const LABEL_OPTIONAL = 1;
const LABEL_REPEATED = 3;

const tail = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

function text(writer: Writer, number: number, value: string): void {
  writer.tag(number, BYTES);
  writer.string(value);
}

function integer(writer: Writer, number: number, value: number): void {
  writer.tag(number, VARINT);
  writer.varint32(value);
}

function child(writer: Writer, number: number, body: () => void): void {
  writer.tag(number, BYTES);
  writer.nested(body);
}

/** `hugetlb_stats` -> `HugetlbStatsEntry`: how a map's hidden entry message is named. */
function entryName(field: string): string {
  const words = field.split('_').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Entry`;
}

function writeType(writer: Writer, type: string): void {
  const scalar = FIELD_TYPES[type];
  if (scalar !== undefined) {
    integer(writer, 5, scalar);
    return;
  }
  integer(writer, 5, Object.hasOwn(schema.enums, type) ? TYPE_ENUM : TYPE_MESSAGE);
  text(writer, 6, `.${type}`);
}

interface Place {
  readonly message: string;
  /** Oneofs in the order of their first member; explicit presence has a hidden one each, at the end. */
  readonly oneofs: readonly string[];
}

function writeField(writer: Writer, [name, number, type, label]: FieldRow, place: Place): void {
  text(writer, 1, name);
  integer(writer, 3, number);
  integer(writer, 4, label === 'repeated' || label === 'map' ? LABEL_REPEATED : LABEL_OPTIONAL);
  if (label === 'map') {
    integer(writer, 5, TYPE_MESSAGE);
    text(writer, 6, `.${place.message}.${entryName(name)}`);
  } else writeType(writer, type);
  const oneof = label === 'optional' ? `_${name}` : label?.startsWith('oneof ') && label.slice(6);
  if (typeof oneof === 'string') integer(writer, 9, place.oneofs.indexOf(oneof));
  if (label === 'optional') integer(writer, 17, 1);
}

function writeEntry(writer: Writer, [name, , type]: FieldRow): void {
  text(writer, 1, entryName(name));
  const rows: readonly FieldRow[] = [
    ['key', 1, 'string'],
    ['value', 2, type],
  ];
  for (const row of rows)
    child(writer, 2, () => {
      writeField(writer, row, { message: '', oneofs: [] });
    });
  // MessageOptions.map_entry
  child(writer, 7, () => {
    integer(writer, 7, 1);
  });
}

function writeMessage(writer: Writer, name: string, fields: readonly FieldRow[]): void {
  const declared = fields.flatMap(([, , , label]) =>
    label?.startsWith('oneof ') ? [label.slice(6)] : [],
  );
  const hidden = fields.flatMap(([field, , , label]) =>
    label === 'optional' ? [`_${field}`] : [],
  );
  const oneofs = [...new Set([...declared, ...hidden])];
  text(writer, 1, tail(name));
  for (const field of fields)
    child(writer, 2, () => {
      writeField(writer, field, { message: name, oneofs });
    });
  for (const field of fields)
    if (field[3] === 'map')
      child(writer, 3, () => {
        writeEntry(writer, field);
      });
  for (const [inner, row] of Object.entries(schema.enums))
    if (inner.startsWith(`${name}.`))
      child(writer, 4, () => {
        writeEnum(writer, inner, row.values);
      });
  for (const oneof of oneofs)
    child(writer, 8, () => {
      text(writer, 1, oneof);
    });
}

function writeEnum(writer: Writer, name: string, values: Readonly<Record<string, number>>): void {
  text(writer, 1, tail(name));
  for (const [value, number] of Object.entries(values))
    child(writer, 2, () => {
      text(writer, 1, value);
      integer(writer, 2, number);
    });
}

function writeService(writer: Writer, name: string): void {
  text(writer, 1, tail(name));
  for (const [method, row] of Object.entries(schema.services[name]?.methods ?? {}))
    child(writer, 2, () => {
      text(writer, 1, method);
      text(writer, 2, `.${row.request}`);
      text(writer, 3, `.${row.response}`);
      if (row.requestStream === true) integer(writer, 5, 1);
      if (row.responseStream === true) integer(writer, 6, 1);
    });
}

function describe(file: string): Uint8Array {
  const writer = new Writer();
  const { package: pkg, imports } = schema.files[file] ?? { package: '', imports: [] };
  text(writer, 1, file);
  text(writer, 2, pkg);
  for (const dependency of imports) text(writer, 3, dependency);
  for (const [name, row] of Object.entries(schema.messages))
    if (row.file === file)
      child(writer, 4, () => {
        writeMessage(writer, name, row.fields);
      });
  for (const [name, row] of Object.entries(schema.enums))
    // Enums inside a message were written with it.
    if (row.file === file && name === `${pkg}.${tail(name)}`)
      child(writer, 5, () => {
        writeEnum(writer, name, row.values);
      });
  for (const [name, row] of Object.entries(schema.services))
    if (row.file === file)
      child(writer, 6, () => {
        writeService(writer, name);
      });
  text(writer, 12, 'proto3');
  return writer.finish();
}

/** A file and everything it imports, imports first; undefined for a file that is not ours. */
export function fileDescriptors(file: string): readonly Uint8Array[] | undefined {
  if (!Object.hasOwn(schema.files, file)) return undefined;
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    for (const dependency of schema.files[name]?.imports ?? []) visit(dependency);
    found.add(name);
  };
  visit(file);
  return Array.from(found, describe);
}

/** The file that declares a service, method, message, enum or field, by its full name. */
export function fileOfSymbol(symbol: string): string | undefined {
  for (let name = symbol; name.includes('.'); name = name.slice(0, name.lastIndexOf('.'))) {
    for (const group of [schema.messages, schema.enums, schema.services])
      if (Object.hasOwn(group, name)) return group[name]?.file;
  }
  return undefined;
}
