/** Searching, joining, splitting and replacing in strings. */
import type { RegoNumber } from '../number.ts';
import { type RegoObject, type RegoSet, type Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinResult,
  defineBuiltin,
  fatalFault,
  isBuiltinFault,
  operandFault,
} from './define.ts';
import { lowerRunes, upperRunes } from './letter-case.ts';
import { elementsOf, regorusInt, intOperand } from './operands.ts';
import { codePointCount, codePointSlice, isFlat, occurrences } from './text-units.ts';

type Strings = string | readonly string[] | RegoSet;

const listOf = (context: BuiltinContext, strings: Strings): readonly Value[] =>
  typeof strings === 'string' ? [strings] : elementsOf(context, strings);

const ANY_MATCH_KINDS = {
  1: ['string', 'set', 'array'],
  2: ['string', 'set', 'array'],
} as const;

/** Charges for the text that comes out, before it is made where the size is known. */
function grown(context: BuiltinContext, text: string): string {
  context.charge(text.length);
  return text;
}

function anyMatch(
  context: BuiltinContext,
  operands: { strings: Strings; parts: Strings },
  test: (text: string, part: string) => boolean,
): boolean {
  const parts = listOf(context, operands.parts) as readonly string[];
  const strings = listOf(context, operands.strings) as readonly string[];
  context.charge(parts.length * strings.length);
  return strings.some((text) => parts.some((part) => test(text, part)));
}

function join(context: BuiltinContext, delimiter: string, parts: readonly string[]): string {
  let length = delimiter.length * Math.max(0, parts.length - 1);
  for (const part of parts) length += part.length;
  context.charge(length);
  return parts.join(delimiter);
}

/** Every old string becomes the new one; an empty old one stands at every boundary. */
function replaceAll(
  context: BuiltinContext,
  text: string,
  pair: readonly [string, string],
): string {
  const [from, to] = pair;
  if (from !== '') {
    const growth = to.length - from.length;
    if (growth > 0) context.charge(growth * Math.ceil(text.length / from.length));
    return text.replaceAll(from, () => to);
  }
  context.charge((codePointCount(text) + 1) * to.length);
  return [to, ...Array.from(text, (char) => char + to)].join('');
}

/** OPA's strings.Replacer: one pass; at each place the first key in order that fits. */
function replaceMany(context: BuiltinContext, patterns: RegoObject, text: string): BuiltinResult {
  const keys = patterns.keys('opa');
  const pairs: [string, string][] = [];
  for (const key of keys) {
    const value = patterns.get(key);
    if (typeof key !== 'string') return operandFault(1, 'non-string key found in pattern object');
    if (typeof value !== 'string') {
      return operandFault(1, 'non-string value found in pattern object');
    }
    pairs.push([key, value]);
  }
  return replaceInOnePass(context, pairs, text);
}

/** Pairs in order of preference; a replaced part is not looked at again. */
function replaceInOnePass(
  context: BuiltinContext,
  pairs: readonly (readonly [string, string])[],
  text: string,
): string {
  context.charge(text.length * pairs.length);
  const parts: string[] = [];
  let copied = 0;
  // An empty key fits everywhere, but only once in each place.
  let emptyTaken = false;
  for (let at = 0; at <= text.length;) {
    const pair = pairs.find(([key]) => text.startsWith(key, at) && (key !== '' || !emptyTaken));
    emptyTaken = pair?.[0] === '';
    if (pair === undefined) {
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      continue;
    }
    context.charge(pair[1].length);
    parts.push(text.slice(copied, at), pair[1]);
    at += pair[0].length;
    copied = at;
  }
  parts.push(text.slice(copied));
  return parts.join('');
}

const split = (text: string, delimiter: string): string[] =>
  delimiter === '' ? Array.from(text) : text.split(delimiter);

/** An empty needle counts the boundaries between code points. */
function countOf(text: string, needle: string): number {
  if (needle === '') return codePointCount(text) + 1;
  return text.split(needle).length - 1;
}

export const strings = [
  defineBuiltin({
    name: 'concat',
    summary: 'Joins strings with a delimiter, which comes first; a set in sorted order.',
    args: ['string', 'any<array[string], set[string]>'],
    kinds: { 2: ['set', 'array'] },
    result: 'string',
    impl(delimiter: string, parts: readonly Value[] | RegoSet) {
      return join(this, delimiter, elementsOf(this, parts) as readonly string[]);
    },
  }),
  defineBuiltin({
    name: 'contains',
    summary: 'The second string occurs in the first.',
    args: ['string', 'string'],
    result: 'boolean',
    impl(text: string, needle: string) {
      return text.includes(needle);
    },
  }),
  defineBuiltin({
    name: 'startswith',
    summary: 'The first string begins with the second.',
    args: ['string', 'string'],
    result: 'boolean',
    impl(text: string, prefix: string) {
      return text.startsWith(prefix);
    },
  }),
  defineBuiltin({
    name: 'endswith',
    summary: 'The first string ends with the second.',
    args: ['string', 'string'],
    result: 'boolean',
    impl(text: string, suffix: string) {
      return text.endsWith(suffix);
    },
  }),
  defineBuiltin({
    name: 'strings.any_prefix_match',
    summary: 'Any of the strings begins with any of the prefixes.',
    args: ['any<string, array[string], set[string]>', 'any<string, array[string], set[string]>'],
    kinds: ANY_MATCH_KINDS,
    result: 'boolean',
    impl(texts: Strings, parts: Strings) {
      return anyMatch(this, { strings: texts, parts }, (text, part) => text.startsWith(part));
    },
  }),
  defineBuiltin({
    name: 'strings.any_suffix_match',
    summary: 'Any of the strings ends with any of the suffixes.',
    args: ['any<string, array[string], set[string]>', 'any<string, array[string], set[string]>'],
    kinds: ANY_MATCH_KINDS,
    result: 'boolean',
    impl(texts: Strings, parts: Strings) {
      return anyMatch(this, { strings: texts, parts }, (text, part) => text.endsWith(part));
    },
  }),
  defineBuiltin({
    name: 'indexof',
    summary: 'Code point index of the first occurrence, or -1.',
    args: ['string', 'string'],
    result: 'number',
    impl(text: string, needle: string) {
      if (needle === '') return builtinFault('empty search character');
      return occurrences(text, needle, 1)[0] ?? -1;
    },
    regorusImpl(text: string, needle: string) {
      if (text === '') return -1;
      return occurrences(text, needle, 1)[0] ?? -1;
    },
  }),
  defineBuiltin({
    name: 'indexof_n',
    summary: 'Code point indices of all occurrences.',
    args: ['string', 'string'],
    result: 'array[number]',
    impl(text: string, needle: string) {
      if (needle === '') return builtinFault('empty search character');
      return occurrences(text, needle);
    },
    regorusImpl(text: string, needle: string) {
      if (needle === '') return Array.from({ length: codePointCount(text) }, (_, i) => i);
      return occurrences(text, needle);
    },
  }),
  defineBuiltin({
    name: 'strings.count',
    summary: 'Number of occurrences that do not overlap.',
    args: ['string', 'string'],
    result: 'number',
    impl: countOf,
    // regorus slides a window over the bytes, so overlaps count; width 0 is a panic.
    regorusImpl(text: string, needle: string) {
      if (needle === '') {
        return fatalFault('regorus panics: strings.count with an empty search string');
      }
      return occurrences(text, needle).length;
    },
  }),
  defineBuiltin({
    name: 'substring',
    summary: 'Code points from an offset; a negative length reads to the end.',
    args: ['string', 'number', 'number'],
    result: 'string',
    impl(text: string, offset: RegoNumber, length: RegoNumber) {
      const start = intOperand(offset, 2);
      if (isBuiltinFault(start)) return start;
      const count = intOperand(length, 3);
      if (isBuiltinFault(count)) return count;
      if (start < 0) return builtinFault('negative offset');
      return codePointSlice(text, start, count < 0 ? undefined : start + count);
    },
    regorusImpl(text: string, offset: RegoNumber, length: RegoNumber) {
      const [start, count] = [regorusInt(offset), regorusInt(length)];
      if (start !== undefined && start < 0) return builtinFault('negative offset');
      if (start === undefined || count === undefined) return '';
      return codePointSlice(text, start, count < 0 ? undefined : start + count);
    },
  }),
  defineBuiltin({
    name: 'lower',
    summary: 'Unicode lower case.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      return grown(this, lowerRunes(text));
    },
    regorusImpl(text: string) {
      return grown(this, text.toLowerCase());
    },
  }),
  defineBuiltin({
    name: 'upper',
    summary: 'Unicode upper case.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      return grown(this, upperRunes(text));
    },
    regorusImpl(text: string) {
      return grown(this, text.toUpperCase());
    },
  }),
  defineBuiltin({
    name: 'split',
    summary: 'Pieces between delimiters; an empty delimiter splits into code points.',
    args: ['string', 'string'],
    result: 'array[string]',
    impl(text: string, delimiter: string) {
      this.charge(text.length);
      return split(text, delimiter);
    },
  }),
  defineBuiltin({
    name: 'strings.split_n',
    summary: 'The first n pieces of a split, or the last -n when n is negative.',
    args: ['string', 'string', 'number'],
    result: 'array[string]',
    impl(text: string, delimiter: string, limit: RegoNumber) {
      const n = intOperand(limit, 3);
      if (isBuiltinFault(n)) return n;
      this.charge(text.length);
      const parts = split(text, delimiter);
      return n >= 0 ? parts.slice(0, n) : parts.slice(n);
    },
  }),
  defineBuiltin({
    name: 'replace',
    summary: 'All occurrences of the second string become the third.',
    args: ['string', 'string', 'string'],
    result: 'string',
    impl(text: string, from: string, to: string) {
      return replaceAll(this, text, [from, to]);
    },
  }),
  defineBuiltin({
    name: 'strings.replace_n',
    summary: 'Replaces by an object of pairs in one pass; what was put in is not searched again.',
    args: ['object[string: string]', 'string'],
    result: 'string',
    impl(patterns: RegoObject, text: string) {
      return replaceMany(this, patterns, text);
    },
    // regorus runs one replacement after the other over the whole text.
    regorusImpl(patterns: RegoObject, text: string) {
      let result = text;
      for (const key of patterns.keys('regorus')) {
        const value = patterns.get(key);
        if (typeof key !== 'string' || typeof value !== 'string') {
          return builtinFault('`trim` expects string keys and values in pattern object.');
        }
        result = replaceAll(this, result, [key, value]);
      }
      return result;
    },
  }),
  defineBuiltin({
    name: 'strings.reverse',
    summary: 'Code points in reverse order.',
    args: ['string'],
    result: 'string',
    impl(text: string) {
      return (isFlat(text) ? text.split('') : Array.from(text)).reverse().join('');
    },
  }),
];
