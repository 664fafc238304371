/** Random messages of any type, made from the schema. */
import * as fc from 'fast-check';
import { schema } from '../generated/schema.ts';

export { fc };

const text = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 6 }));

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: text,
  bytes: fc.uint8Array({ maxLength: 20 }),
  bool: fc.boolean(),
  int32: fc.integer(),
  uint32: fc.nat(0xffff_ffff),
  int64: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  uint64: fc.bigInt(0n, 2n ** 64n - 1n),
};

const made = new Map<string, fc.Arbitrary<Record<string, unknown>>>();

export function arbitraryMessage(name: string): fc.Arbitrary<Record<string, unknown>> {
  const known = made.get(name);
  if (known !== undefined) return known;
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  const oneofs = new Map<string, string[]>();
  for (const [field, , type, label] of schema.messages[name]?.fields ?? []) {
    const isEnum = type in schema.enums;
    const one = scalars[isEnum ? 'int32' : type] ?? arbitraryMessage(type);
    const isMessage = type in schema.messages;
    if (label === 'repeated') fields[field] = fc.array(one, { maxLength: 3 });
    else if (label === 'map')
      fields[field] = fc.dictionary(text, one, { maxKeys: 3, noNullPrototype: false });
    else if (label === undefined && !isMessage) fields[field] = one;
    else fields[field] = fc.option(one, { nil: null });
    if (label?.startsWith('oneof ')) oneofs.set(label, [...(oneofs.get(label) ?? []), field]);
  }
  const message = fc.record(fields).map((value) => {
    // Of a oneof at most one member is set.
    for (const members of oneofs.values()) {
      const set = members.filter((member) => value[member] !== null);
      for (const member of set.slice(1)) value[member] = null;
    }
    return value;
  });
  made.set(name, message);
  return message;
}
