/** UUIDs. */
import { formatTerm } from '../../text.ts';
import { fromInteger } from '../../number.ts';
import { RegoObject, type Value } from '../../value.ts';
import { type BuiltinContext, defineBuiltin } from '../../builtins/define.ts';
import { randomBytes } from '../../builtins/random.ts';

const FORM =
  /^(?:urn:uuid:)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i;

/** Plain, with braces (or any character in their place), with urn:uuid:, or without hyphens. */
function digitsOf(text: string): string | undefined {
  const bare = text.length === 38 ? text.slice(1, -1) : text;
  const hyphens = bare.includes('-');
  const form = FORM.exec(bare);
  if (form === null || (!hyphens && bare.length !== 32)) return undefined;
  if (hyphens && !/^(?:urn:uuid:)?.{8}-.{4}-.{4}-.{4}-.{12}$/i.test(bare)) return undefined;
  return form.slice(1).join('').toLowerCase();
}

function variantOf(octet: number): string {
  if ((octet & 0xc0) === 0x80) return 'RFC4122';
  if ((octet & 0xe0) === 0xc0) return 'Microsoft';
  return (octet & 0xe0) === 0xe0 ? 'Future' : 'Reserved';
}

function macKind(octet: number): string {
  const scope = (octet & 2) === 2 ? 'local' : 'global';
  return `${scope}:${(octet & 1) === 1 ? 'multicast' : 'unicast'}`;
}

/** 100 ns ticks between 1582-10-15 and 1970-01-01. The result wraps as Go's int64 does. */
const EPOCH_TICKS = 122192928000000000n;
const DOMAINS = ['Person', 'Group', 'Org'];

function parse(text: string): RegoObject | undefined {
  const hex = digitsOf(text);
  if (hex === undefined) return undefined;
  const part = (from: number, to: number): bigint => BigInt(`0x${hex.slice(from, to)}`);
  const version = Number(part(12, 13));
  const entries: [string, Value][] = [
    ['version', version],
    ['variant', variantOf(Number(part(16, 18)))],
  ];
  if (version === 1 || version === 2) {
    const ticks = part(0, 8) | (part(8, 12) << 32n) | ((part(12, 16) & 0xfffn) << 48n);
    entries.push(
      ['time', fromInteger(BigInt.asIntN(64, (ticks - EPOCH_TICKS) * 100n))],
      ['nodeid', (hex.slice(20).match(/../g) ?? []).join('-')],
      ['macvariables', macKind(Number(part(20, 22)))],
      ['clocksequence', Number(part(16, 20)) & 0x3fff],
    );
  }
  if (version === 2) {
    const domain = Number(part(18, 20));
    entries.push(['id', Number(part(0, 8))], ['domain', DOMAINS[domain] ?? `Domain${domain}`]);
  }
  return RegoObject.of(entries);
}

function generate(context: BuiltinContext, key: Value): Value {
  const memoKey = `uuid.rfc4122\u0000${formatTerm(key)}`;
  const known = context.memo.get(memoKey);
  if (known !== undefined) return known;
  const bytes = Buffer.from(randomBytes(16, `${context.seed}/${memoKey}`));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const uuid = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  context.memo.set(memoKey, uuid);
  return uuid;
}

export const uuids = [
  defineBuiltin({
    name: 'uuid.rfc4122',
    summary: 'A random UUID of version 4, one per query for the same operand.',
    args: ['string'],
    result: 'string',
    nondeterministic: true,
    impl(key: string) {
      return generate(this, key);
    },
  }),
  defineBuiltin({
    name: 'uuid.parse',
    summary: 'Version, variant and what else a UUID says; undefined if it is none.',
    args: ['string'],
    result: 'object[string: any]',
    impl: parse,
  }),
];
