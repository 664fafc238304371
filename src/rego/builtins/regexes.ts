/** Regular expressions: Go's dialect in OPA profiles, Rust's in regorus'. */
import type { RegoNumber } from '../number.ts';
import { Regex, regexFor, type RegexMatch } from '../regex/regex.ts';
import type { Value } from '../value.ts';
import {
  type BuiltinContext,
  builtinFault,
  type BuiltinFault,
  type BuiltinResult,
  defineBuiltin,
  fatalFault,
  isBuiltinFault,
  isRegorus,
} from './define.ts';
import { globsIntersect } from './globs-match.ts';
import { regorusInt, intOperand, isNumberInteger } from './operands.ts';

/** Texts shorter than this are matched for free: the call itself costs more. */
const FREE_LENGTH = 256;

/** The compiled pattern, charged for running over `text`. */
function regexOn(context: BuiltinContext, pattern: string, text: string): Regex | BuiltinFault {
  const regorus = isRegorus(context);
  const regex = regexFor(pattern, regorus ? 'rust' : 'go');
  if (!(regex instanceof Regex)) return builtinFault(regorus ? 'invalid regex' : regex.message);
  if (text.length > FREE_LENGTH) context.charge(text.length * regex.weight);
  return regex;
}

/** How many matches at most: negative means all. */
function limitOf(context: BuiltinContext, n: RegoNumber): number | BuiltinFault {
  if (isRegorus(context)) {
    if (!isNumberInteger(n)) return builtinFault('n must be an integer');
    const limit = regorusInt(n);
    return limit === undefined || limit < 0 ? Infinity : limit;
  }
  const limit = intOperand(n, 3);
  return typeof limit === 'number' && limit < 0 ? Infinity : limit;
}

function collect(
  context: BuiltinContext,
  operands: { pattern: string; text: string; n: RegoNumber },
  toValue: (match: RegexMatch) => Value,
): BuiltinResult {
  const regex = regexOn(context, operands.pattern, operands.text);
  if (!(regex instanceof Regex)) return regex;
  const limit = limitOf(context, operands.n);
  if (typeof limit !== 'number') return limit;
  const found: Value[] = [];
  if (limit === 0) return found;
  for (const match of regex.matches(operands.text)) {
    context.charge(regex.lastCost + match.groups.length);
    found.push(toValue(match));
    if (found.length >= limit) break;
  }
  return found;
}

const wholeMatch = ({ groups }: RegexMatch): string => groups[0] ?? '';

/** A letter or digit of any script goes on naming a group in Go, only ASCII in Rust. */
const REFERENCES = {
  go: /\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
  rust: /\$(?:(\$)|\{([^}]*)\}|([0-9A-Za-z_]+))/g,
} as const;

/** Go takes no number with a leading zero. */
const GROUP_NUMBERS = { go: /^(?:0|[1-9]\d{0,8})$/, rust: /^\d{1,15}$/ } as const;

/** `$1`, `${1}`, `$name`, `${name}`, `$$`; the longest name counts, so `$1x` is the group "1x". */
function expand(template: string, match: RegexMatch, regex: Regex): string {
  const { dialect } = regex;
  return template.replace(
    REFERENCES[dialect],
    (_, dollar: string | undefined, braced: string | undefined, bare: string | undefined) => {
      if (dollar !== undefined) return '$';
      const name = braced ?? bare ?? '';
      const index = GROUP_NUMBERS[dialect].test(name) ? Number(name) : regex.names.get(name);
      return index === undefined ? '' : (match.groups[index] ?? '');
    },
  );
}

function replaceAll(
  context: BuiltinContext,
  text: string,
  { pattern, template }: { pattern: string; template: string },
): BuiltinResult {
  const regex = regexOn(context, pattern, text);
  if (!(regex instanceof Regex)) return regex;
  const parts: string[] = [];
  let copied = 0;
  for (const match of regex.matches(text)) {
    const put = template.includes('$') ? expand(template, match, regex) : template;
    context.charge(put.length + regex.lastCost);
    parts.push(text.slice(copied, match.start), put);
    copied = match.end;
  }
  parts.push(text.slice(copied));
  return parts.join('');
}

/** Go drops an empty piece in front of an empty match at the start; Rust keeps every piece. */
function splitBy(context: BuiltinContext, regex: Regex, text: string): Value[] {
  const regorus = isRegorus(context);
  if (!regorus && text === '' && regex.pattern !== '') return [''];
  const parts: Value[] = [];
  let from = 0;
  let end = 0;
  for (const match of regex.matches(text)) {
    context.charge(regex.lastCost);
    end = match.start;
    if (regorus || match.end !== 0) parts.push(text.slice(from, end));
    from = match.end;
  }
  if (regorus || end !== text.length) parts.push(text.slice(from));
  return parts;
}

/** A template as one anchored pattern: text outside the delimiters is literal. */
function templateSource(template: string, open: string, close: string): string | BuiltinFault {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  let copied = 0;
  for (let i = 0; i < template.length; i++) {
    const char = template.charAt(i);
    if (char === open) {
      depth++;
      if (depth === 1) start = i;
    } else if (char === close) {
      depth--;
      if (depth === 0) {
        const pattern = template.slice(start + 1, i);
        // Each pattern must stand on its own, so that it cannot reach out of its place.
        const regex = regexFor(`^${pattern}$`, 'go');
        if (!(regex instanceof Regex)) return builtinFault(regex.message);
        parts.push(quote(template.slice(copied, start)), `(${pattern})`);
        copied = i + 1;
      } else if (depth < 0) return builtinFault(`unbalanced braces in ${JSON.stringify(template)}`);
    }
  }
  if (depth !== 0) return builtinFault(`unbalanced braces in ${JSON.stringify(template)}`);
  return `^${parts.join('')}${quote(template.slice(copied))}$`;
}

const quote = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

interface Template {
  readonly template: string;
  readonly text: string;
  readonly open: string;
  readonly close: string;
}

/** regorus matches piece by piece, each at the start of what is left. */
function regorusTemplateMatch(context: BuiltinContext, operands: Template): BuiltinResult {
  const { open, close } = operands;
  let { template, text } = operands;
  while (true) {
    const start = template.indexOf(open);
    const end = template.indexOf(close);
    if (start < 0 || end < 0) return template === text;
    if (start >= end) return undefined;
    if (text.length < start) {
      return fatalFault(
        'regorus panics: regex.template_match with a text shorter than the template',
      );
    }
    if (!text.startsWith(template.slice(0, start))) return false;
    text = text.slice(start);
    const regex = regexOn(context, template.slice(start + open.length, end), text);
    if (!(regex instanceof Regex)) return regex;
    const match = regex.exec(text, 0);
    if (match?.start !== 0) return false;
    text = text.slice(match.end);
    template = template.slice(end + close.length);
  }
}

const lengthOf = (text: string): number => Buffer.byteLength(text, 'utf8');

export const regexes = [
  defineBuiltin({
    name: 'regex.match',
    summary: 'The pattern matches somewhere in the text.',
    args: ['string', 'string'],
    result: 'boolean',
    impl(pattern: string, text: string) {
      const regex = regexOn(this, pattern, text);
      return regex instanceof Regex ? regex.test(text) : regex;
    },
  }),
  defineBuiltin({
    name: 're_match',
    summary: 'Older name of regex.match.',
    args: ['string', 'string'],
    result: 'boolean',
    deprecated: true,
    impl(pattern: string, text: string) {
      const regex = regexOn(this, pattern, text);
      return regex instanceof Regex ? regex.test(text) : regex;
    },
  }),
  defineBuiltin({
    name: 'regex.is_valid',
    summary: 'The pattern compiles; false for anything that is not a string.',
    args: ['string'],
    result: 'boolean',
    unchecked: true,
    impl(pattern: Value) {
      return typeof pattern === 'string' && regexOn(this, pattern, '') instanceof Regex;
    },
  }),
  defineBuiltin({
    name: 'regex.find_n',
    summary: 'The first n matches, all when n is negative.',
    args: ['string', 'string', 'number'],
    result: 'array[string]',
    impl(pattern: string, text: string, n: RegoNumber) {
      return collect(this, { pattern, text, n }, wholeMatch);
    },
  }),
  defineBuiltin({
    name: 'regex.find_all_string_submatch_n',
    summary: 'The first n matches with their groups; a group without part in it is "".',
    args: ['string', 'string', 'number'],
    result: 'array[array[string]]',
    impl(pattern: string, text: string, n: RegoNumber) {
      return collect(this, { pattern, text, n }, ({ groups }) =>
        Array.from(groups, (group) => group ?? ''),
      );
    },
  }),
  defineBuiltin({
    name: 'regex.replace',
    summary: 'Replaces every match; $1 and ${name} stand for groups.',
    args: ['string', 'string', 'string'],
    result: 'string',
    impl(text: string, pattern: string, template: string) {
      return replaceAll(this, text, { pattern, template });
    },
    regorusImpl(text: string, pattern: string, template: string) {
      const result = replaceAll(this, text, { pattern, template });
      return isBuiltinFault(result) && !result.fatal ? undefined : result;
    },
  }),
  defineBuiltin({
    name: 'regex.split',
    summary: 'Pieces of the text between matches.',
    args: ['string', 'string'],
    result: 'array[string]',
    impl(pattern: string, text: string) {
      const regex = regexOn(this, pattern, text);
      if (!(regex instanceof Regex)) return regex;
      this.charge(text.length);
      return splitBy(this, regex, text);
    },
  }),
  defineBuiltin({
    name: 'regex.template_match',
    summary: 'The text matches a template with patterns between delimiters.',
    args: ['string', 'string', 'string', 'string'],
    result: 'boolean',
    impl(template: string, text: string, open: string, close: string) {
      if (lengthOf(open) !== 1) {
        return builtinFault(
          `start delimiter has to be exactly one character long but is ${lengthOf(open)} long`,
        );
      }
      if (lengthOf(close) !== 1) {
        return builtinFault(
          `end delimiter has to be exactly one character long but is ${lengthOf(open)} long`,
        );
      }
      const source = templateSource(template, open, close);
      if (typeof source !== 'string') return source;
      const regex = regexOn(this, source, text);
      return regex instanceof Regex ? regex.test(text) : regex;
    },
    regorusImpl(template: string, text: string, open: string, close: string) {
      return regorusTemplateMatch(this, { template, text, open, close });
    },
  }),
  defineBuiltin({
    name: 'regex.globs_match',
    summary: 'Some non-empty text matches both globs.',
    args: ['string', 'string'],
    result: 'boolean',
    impl(first: string, second: string) {
      return globsIntersect(first, second, (units) => this.charge(units));
    },
  }),
];
