/**
 * Word expansion: parameters, substitutions, arithmetic, field splitting, path names, quote removal,
 * in the order of POSIX.1-2017, Word Expansions. While a field is built its quoted parts are
 * kept apart by backslashes, so that the later steps know what not to touch.
 */
import { isDir, type Node } from '../fs/node.ts';
import type { FileView } from '../fs/view.ts';
import { errnoOf } from '../kernel/errno.ts';
import { evaluate, type Variables } from './arithmetic.ts';
import { escapePattern, hasPattern, matches, replace, strip, unescapePattern } from './pattern.ts';
import type { List, Parameter, Part, Word } from './syntax.ts';
import { OutOfMemory } from './flow.ts';

/** `code` is the exit status it gives bash. */
export class ExpansionError extends Error {
  readonly code: number;

  constructor(message: string, code = 1) {
    super(message);
    this.code = code;
  }
}

/** What expansion needs of the shell that runs it. */
export interface Scope extends Variables {
  readonly positional: readonly string[];
  readonly files: FileView;
  readonly home: string | undefined;
  readonly globbing: boolean;
  /** `set -u`: unset parameters are errors. */
  readonly strict: boolean;
  special(name: string): string | undefined;
  substitute(body: List): Promise<string>;
}

/** Bound of one expanded word: a runaway `x=$x$x` stops here, far above ARG_MAX of real kernels. */
const MAX_WORD = 4 << 20;
const MAX_GLOB = 20_000;

class Fields {
  readonly done: string[] = [];
  #current = '';
  #open = false;

  add(pattern: string): void {
    this.#current += pattern;
    this.#open = true;
    if (this.#current.length > MAX_WORD) throw new OutOfMemory();
  }

  finish(): void {
    if (this.#open) this.done.push(this.#current);
    this.#current = '';
    this.#open = false;
  }

  /** Set when blanks after a field are over: a separator right behind them belongs to it. */
  #blanks = false;

  /** Result of an unquoted expansion: cut at IFS. Source: POSIX.1-2017, Field Splitting. */
  split(text: string, ifs: string): void {
    let piece = '';
    const flush = (): void => {
      if (piece !== '') this.add(escapeBackslash(piece));
      piece = '';
    };
    for (const char of text) {
      if (!ifs.includes(char)) {
        piece += char;
        this.#blanks = false;
        continue;
      }
      flush();
      if (/\s/.test(char)) {
        if (this.#open) this.#blanks = true;
        this.finish();
      } else {
        // A separator ends a field, an empty one too, unless blanks have just ended it.
        if (!this.#open && !this.#blanks) this.add('');
        this.#blanks = false;
        this.finish();
      }
    }
    flush();
  }
}

const escapeBackslash = (text: string): string => text.replace(/\\/g, '\\\\');

/** All fields of a command's words. */
export async function expandFields(words: readonly Word[], scope: Scope): Promise<string[]> {
  const result: string[] = [];
  for (const braced of words) {
    for (const word of expandBraces(braced)) {
      const fields = new Fields();
      await expandInto(fields, withTilde(word, scope), scope);
      fields.finish();
      for (const pattern of fields.done) result.push(...pathnames(pattern, scope));
    }
  }
  return result;
}

/** One string, unsplit: assignments, redirect targets, here-documents. */
export async function expandText(word: Word, scope: Scope): Promise<string> {
  return unescapePattern(await expandPattern(withTilde(word, scope), scope));
}

/** One pattern, unsplit: `case`, `${x#pattern}`, the right side of `[[ = ]]`. */
export async function expandPattern(word: Word, scope: Scope): Promise<string> {
  let pattern = '';
  for (const part of word) {
    if (part.kind === 'literal') pattern += part.quoted ? escapePattern(part.text) : part.text;
    else {
      const text = await valueOf(part, scope);
      pattern += part.quoted ? escapePattern(text) : escapeBackslash(text);
    }
    if (pattern.length > MAX_WORD) throw new OutOfMemory();
  }
  return pattern;
}

/** `nested` is the word of `${x:-word}`, whose unquoted text is split as an expansion's. */
async function expandInto(fields: Fields, word: Word, scope: Scope, nested = false): Promise<void> {
  const ifs = scope.get('IFS') ?? ' \t\n';
  for (const part of word) {
    if (part.kind === 'literal') {
      if (nested && !part.quoted) fields.split(part.text, ifs);
      else fields.add(part.quoted ? escapePattern(part.text) : part.text);
    } else if (part.kind === 'parameter' && isList(part)) {
      expandList(fields, part, scope, ifs);
    } else if (part.kind === 'parameter' && !part.quoted && usesWord(part, scope)) {
      // `${x:-a "b c"}` expands its word with the word's own quotes.
      await expandInto(fields, part.argument ?? [], scope, true);
    } else {
      const text = await valueOf(part, scope);
      if (part.quoted) fields.add(escapePattern(text));
      else fields.split(text, ifs);
    }
  }
}

const isList = (part: Parameter): boolean =>
  (part.name === '@' || part.name === '*') && part.operator === undefined;

function expandList(fields: Fields, part: Parameter, scope: Scope, ifs: string): void {
  if (part.quoted && part.name === '*') {
    fields.add(escapePattern(scope.positional.join(ifs[0] ?? '')));
    return;
  }
  scope.positional.forEach((value, index) => {
    if (index > 0) fields.finish();
    if (part.quoted) fields.add(escapePattern(value));
    else fields.split(value, ifs);
  });
}

function usesWord(part: Parameter, scope: Scope): boolean {
  const { operator = '' } = part;
  if (!/^:?[-+]$/.test(operator)) return false;
  const value = lookUp(part.name, scope);
  const missing = value === undefined || (operator.startsWith(':') && value === '');
  return operator.endsWith('-') ? missing : !missing;
}

function lookUp(name: string, scope: Scope): string | undefined {
  if (/^[A-Za-z_]/.test(name)) return scope.get(name);
  if (/^[1-9]\d*$/.test(name)) return scope.positional[Number(name) - 1];
  if (name === '@' || name === '*')
    return scope.positional.length === 0 ? undefined : scope.positional.join(' ');
  return scope.special(name);
}

async function valueOf(part: Exclude<Part, { kind: 'literal' }>, scope: Scope): Promise<string> {
  switch (part.kind) {
    case 'parameter':
      return parameter(part, scope);
    case 'substitution':
      return (await scope.substitute(part.body)).replace(/\n+$/, '');
    case 'arithmetic':
      return evaluate(await expandText(part.expression, scope), scope).toString();
  }
}

async function parameter(part: Parameter, scope: Scope): Promise<string> {
  const { name, operator, argument = [] } = part;
  const value = lookUp(name, scope);
  if (operator === undefined || operator === 'length') {
    if (value === undefined && scope.strict && name !== '@' && name !== '*')
      throw new ExpansionError(`${name}: unbound variable`, 127);
    if (operator === undefined) return value ?? '';
    if (name === '@' || name === '*') return String(scope.positional.length);
    return String(Array.from(value ?? '').length);
  }
  const missing = value === undefined || (operator.startsWith(':') && value === '');
  switch (operator) {
    case '-':
    case ':-':
      return missing ? expandText(argument, scope) : value;
    case '+':
    case ':+':
      return missing ? '' : expandText(argument, scope);
    case '=':
    case ':=': {
      if (!missing) return value;
      const text = await expandText(argument, scope);
      scope.set(name, text);
      return text;
    }
    case '?':
    case ':?': {
      if (!missing) return value;
      const message = await expandText(argument, scope);
      throw new ExpansionError(
        `${name}: ${message === '' ? 'parameter null or not set' : message}`,
        127,
      );
    }
    case '#':
    case '##':
    case '%':
    case '%%':
      return strip(value ?? '', operator, await expandPattern(argument, scope));
    case '/':
    case '//':
      return replace(
        value ?? '',
        await expandPattern(argument, scope),
        await expandText(part.replacement ?? [], scope),
        operator === '//',
      );
    default:
      return substring(value ?? '', await expandText(argument, scope), scope);
  }
}

function substring(value: string, argument: string, scope: Scope): string {
  const [first = '', second] = argument.split(':');
  let start = Number(evaluate(first, scope));
  if (start < 0) start = Math.max(0, value.length + start);
  if (second === undefined) return value.slice(start);
  const length = Number(evaluate(second, scope));
  return length < 0 ? value.slice(start, length) : value.slice(start, start + length);
}

function withTilde(word: Word, scope: Scope): Word {
  const first = word[0];
  if (first?.kind !== 'literal' || first.quoted || !/^~(\/|$)/.test(first.text)) return word;
  if (first.text === '~' && word.length > 1) return word;
  if (scope.home === undefined) return word;
  const rest = first.text.slice(1);
  const home = { kind: 'literal', text: scope.home, quoted: true } as const;
  return [home, ...(rest === '' ? [] : [{ ...first, text: rest }]), ...word.slice(1)];
}

/** `{a,b}` and `{1..5}` in an unquoted part. */
function expandBraces(word: Word): Word[] {
  const index = word.findIndex(
    (part) => part.kind === 'literal' && !part.quoted && /\{[^{}]*(,|\.\.)[^{}]*\}/.test(part.text),
  );
  const part = word[index];
  if (part?.kind !== 'literal') return [word];
  const match = /^(.*?)\{([^{}]*(?:,|\.\.)[^{}]*)\}(.*)$/s.exec(part.text);
  const [, before = '', inner = '', after = ''] = match ?? [];
  const choices = braceChoices(inner);
  if (match === null || choices === undefined) return [word];
  return choices.flatMap((choice) =>
    expandBraces([
      ...word.slice(0, index),
      { ...part, text: before + choice + after },
      ...word.slice(index + 1),
    ]),
  );
}

function braceChoices(inner: string): string[] | undefined {
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(inner);
  if (range === null) return inner.includes(',') ? inner.split(',') : undefined;
  const [from, to] = [Number(range[1]), Number(range[2])];
  const count = Math.min(Math.abs(to - from) + 1, 100_000);
  return Array.from({ length: count }, (_, i) => String(from <= to ? from + i : from - i));
}

/** Existing paths that match, sorted; the text itself when there is none. */
function pathnames(pattern: string, scope: Scope): string[] {
  if (!scope.globbing || !hasPattern(pattern)) return [unescapePattern(pattern)];
  const absolute = pattern.startsWith('/');
  let found: string[] = [absolute ? '/' : ''];
  for (const component of pattern.split('/').filter((name) => name !== '')) {
    found = found.flatMap((base) => inDirectory(base, component, scope.files)).slice(0, MAX_GLOB);
  }
  return found.length === 0 ? [unescapePattern(pattern)] : found.sort();
}

function inDirectory(base: string, component: string, files: FileView): string[] {
  const join = (name: string): string => (base === '' || base === '/' ? base : `${base}/`) + name;
  if (!hasPattern(component)) {
    const path = join(unescapePattern(component));
    return files.exists(path) ? [path] : [];
  }
  try {
    const node: Node = files.stat(base === '' ? '.' : base);
    if (!isDir(node)) return [];
    const hidden = component.startsWith('.');
    return files
      .list(base === '' ? '.' : base)
      .filter((name) => (hidden || !name.startsWith('.')) && matches(component, name))
      .map(join);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}
