/** IP ranges. Nothing here asks the network: names are not looked up. */
import { RegoObject, RegoSet, SetBuilder, type Value } from '../../value.ts';
import {
  builtinFault,
  type BuiltinContext,
  type BuiltinFault,
  type BuiltinResult,
  defineBuiltin,
  fatalFault,
  isBuiltinFault,
} from '../../builtins/define.ts';
import {
  type Address,
  addressText,
  lastOf,
  type Network,
  networkHas,
  networkText,
  parseAddress,
  parseNetwork,
  sizeOf,
} from './ip.ts';
import { elementsOf } from '../../builtins/operands.ts';

const badNetwork = (text: string): BuiltinFault => builtinFault(`invalid CIDR address: ${text}`);

function networkOf(text: string): Network | BuiltinFault {
  return parseNetwork(text) ?? badNetwork(text);
}

function contains(range: string, other: string): boolean | BuiltinFault {
  const network = networkOf(range);
  if (isBuiltinFault(network)) return network;
  const address = parseAddress(other);
  if (address !== undefined) return networkHas(network, address);
  const inner = parseNetwork(other);
  if (inner === undefined) {
    return builtinFault(`not a valid textual representation of an IP address or CIDR: ${other}`);
  }
  const last: Address = { bits: inner.bits, value: lastOf(inner) };
  return networkHas(network, inner) && networkHas(network, last);
}

function intersects(a: string, b: string): boolean | BuiltinFault {
  const left = networkOf(a);
  if (isBuiltinFault(left)) return left;
  const right = networkOf(b);
  if (isBuiltinFault(right)) return right;
  return networkHas(left, right) || networkHas(right, left);
}

const BAD_ELEMENT = 'element must be string or non-empty array';

/** Ranges of an operand of cidr_contains_matches, each with what names it in the answer. */
function entries(
  context: BuiltinContext,
  operand: Value,
  position: number,
): readonly (readonly [string, Value])[] | BuiltinFault {
  if (typeof operand === 'string') return [[operand, operand]];
  const raw: (readonly [Value, Value])[] = [];
  if (operand instanceof RegoObject) {
    for (const key of operand.keys(context.profile.order))
      raw.push([operand.get(key) ?? null, key]);
  } else if (operand instanceof RegoSet) {
    for (const item of operand.members(context.profile.order)) raw.push([item, item]);
  } else (operand as readonly Value[]).forEach((item, i) => raw.push([item, i]));
  const found: (readonly [string, Value])[] = [];
  for (const [item, name] of raw) {
    const range = Array.isArray(item) ? ((item as readonly Value[])[0] ?? null) : item;
    if (typeof range !== 'string') return builtinFault(`operand ${position}: ${BAD_ELEMENT}`);
    found.push([range, name]);
  }
  return found;
}

function containsMatches(context: BuiltinContext, a: Value, b: Value): BuiltinResult {
  const ranges = entries(context, a, 1);
  if (isBuiltinFault(ranges)) return ranges;
  const others = entries(context, b, 2);
  if (isBuiltinFault(others)) return others;
  context.charge(ranges.length * others.length);
  const found = new SetBuilder();
  for (const [range, name] of ranges) {
    for (const [other, otherName] of others) {
      const result = contains(range, other);
      if (typeof result !== 'boolean') return result;
      if (result) found.add([name, otherName]);
    }
  }
  return found.build();
}

/** Most addresses that are listed. */
const MAX_EXPANSION = 1n << 22n;

function expand(context: BuiltinContext, text: string): BuiltinResult {
  const network = networkOf(text);
  if (isBuiltinFault(network)) return network;
  const size = sizeOf(network);
  if (size > MAX_EXPANSION) {
    return fatalFault(`net.cidr_expand: ${text} has ${size} addresses, limit is ${MAX_EXPANSION}`);
  }
  context.charge(Number(size));
  const found = new SetBuilder();
  for (let i = 0n; i < size; i++) {
    found.add(addressText({ bits: network.bits, value: network.value + i }));
  }
  return found.build();
}

interface Span {
  readonly bits: 32 | 128;
  first: bigint;
  last: bigint;
  /** As given, when nothing was merged into it. */
  network: Network | undefined;
}

/** Classful prefix of a bare IPv4 address. Source: Go net.IP.DefaultMask. */
function defaultPrefix(value: bigint): number {
  const top = Number(value >> 24n);
  return top < 0x80 ? 8 : top < 0xc0 ? 16 : 24;
}

function spanOf(text: Value): Span | BuiltinFault {
  if (typeof text !== 'string') return builtinFault('element must be string');
  const address = parseAddress(text);
  if (address?.bits === 128) return builtinFault('IPv6 invalid: needs prefix length');
  const network =
    address === undefined
      ? parseNetwork(text)
      : { ...address, prefix: defaultPrefix(address.value) };
  if (network === undefined) return badNetwork(text);
  const host = BigInt(network.bits - network.prefix);
  const first = (network.value >> host) << host;
  return { bits: network.bits, first, last: first + sizeOf(network) - 1n, network };
}

function* rangesOf({ bits, first, last }: Span): Generator<Network> {
  for (let at = first; at <= last;) {
    let prefix = bits as number;
    // Grow while aligned and still inside.
    while (prefix > 0) {
      const size = 1n << BigInt(bits - prefix + 1);
      if (at % size !== 0n || at + size - 1n > last) break;
      prefix--;
    }
    yield { bits, value: at, prefix };
    at += 1n << BigInt(bits - prefix);
  }
}

function merge(context: BuiltinContext, texts: readonly Value[]): BuiltinResult {
  const spans: Span[] = [];
  for (const text of texts) {
    const span = spanOf(text);
    if (isBuiltinFault(span)) return span;
    spans.push(span);
  }
  spans.sort((a, b) =>
    a.bits !== b.bits
      ? a.bits - b.bits
      : a.last !== b.last
        ? a.last < b.last
          ? -1
          : 1
        : a.first < b.first
          ? -1
          : a.first > b.first
            ? 1
            : 0,
  );
  for (let i = spans.length - 1; i > 0; i--) {
    const [before, span] = [spans[i - 1], spans[i]];
    if (span === undefined || before?.bits !== span.bits) continue;
    if (span.first - 1n > before.last) continue;
    before.first = before.first < span.first ? before.first : span.first;
    before.last = span.last;
    before.network = undefined;
    spans.splice(i, 1);
  }
  const found = new SetBuilder();
  for (const span of spans) {
    if (span.network !== undefined) found.add(networkText(span.network));
    else for (const range of rangesOf(span)) found.add(networkText(range));
  }
  context.charge(found.size);
  return found.build();
}

const RANGES =
  'any<string, array[any<string, array[any]>], object[string: any<string, array[any]>], set[any<string, array[any]>]>';

export const net = [
  defineBuiltin({
    name: 'net.cidr_contains',
    summary: 'The range holds the address or all of the other range.',
    args: ['string', 'string'],
    result: 'boolean',
    impl: contains,
  }),
  defineBuiltin({
    name: 'net.cidr_overlap',
    summary: 'Older name of net.cidr_contains.',
    args: ['string', 'string'],
    result: 'boolean',
    deprecated: true,
    impl: contains,
  }),
  defineBuiltin({
    name: 'net.cidr_intersects',
    summary: 'The ranges have an address in common.',
    args: ['string', 'string'],
    result: 'boolean',
    impl: intersects,
  }),
  defineBuiltin({
    name: 'net.cidr_is_valid',
    summary: 'The text is an IP range.',
    args: ['string'],
    result: 'boolean',
    unchecked: true,
    impl: (text: Value) => typeof text === 'string' && parseNetwork(text) !== undefined,
  }),
  defineBuiltin({
    name: 'net.cidr_contains_matches',
    summary: 'Pairs of names whose first range contains the second.',
    args: [RANGES, RANGES],
    result: 'set[array<any, any>]',
    impl(a: Value, b: Value) {
      return containsMatches(this, a, b);
    },
  }),
  defineBuiltin({
    name: 'net.cidr_expand',
    summary: 'All addresses of a range.',
    args: ['string'],
    result: 'set[string]',
    impl(text: string) {
      return expand(this, text);
    },
  }),
  defineBuiltin({
    name: 'net.cidr_merge',
    summary: 'The fewest ranges that cover the same addresses.',
    args: ['any<array[any<string>], set[string]>'],
    result: 'set[string]',
    unchecked: true,
    impl(ranges: Value) {
      if (!Array.isArray(ranges) && !(ranges instanceof RegoSet)) {
        return builtinFault('operand must be an array');
      }
      return merge(this, elementsOf(this, ranges as readonly Value[] | RegoSet));
    },
  }),
  defineBuiltin({
    name: 'net.lookup_ip_addr',
    summary: 'Addresses of a host name; refused, the engine does not use the network.',
    args: ['string'],
    result: 'set[string]',
    nondeterministic: true,
    impl: () => fatalFault('net.lookup_ip_addr: this engine does not use the network'),
  }),
];
