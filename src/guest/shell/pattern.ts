/**
 * Shell patterns (`*`, `?`, `[...]`) as regular expressions. In a pattern text a backslash makes the
 * next character literal: that is how quoted parts of a word stay literal.
 * RE2 runs them, so that no pattern and no text of a pod can hang the host.
 * Source: POSIX.1-2017, Pattern Matching Notation.
 */
import { RE2JS } from 're2js';

export const escapePattern = (text: string): string => text.replace(/[\\*?[\]]/g, '\\$&');
export const unescapePattern = (pattern: string): string => pattern.replace(/\\(.)/gs, '$1');
export const hasPattern = (pattern: string): boolean => /(^|[^\\])(\\\\)*[*?[]/.test(pattern);

const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  blank: ' \\t',
};

/** The source of an expression that matches what the pattern matches, unanchored. */
function patternSource(pattern: string, greedy = true): string {
  let source = '';
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? '';
    if (char === '\\') source += quote(pattern[++i] ?? '\\');
    // Runs of stars are one star: nothing else may backtrack exponentially.
    else if (char === '*') {
      while (pattern[i + 1] === '*') i++;
      source += greedy ? '.*' : '.*?';
    } else if (char === '?') source += '.';
    else if (char === '[') {
      const set = bracket(pattern, i);
      source += set?.source ?? '\\[';
      if (set !== undefined) i = set.end;
    } else source += quote(char);
  }
  return source;
}

const quote = (char: string): string => char.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

function bracket(pattern: string, start: number): { source: string; end: number } | undefined {
  let i = start + 1;
  let source = '[';
  if (pattern[i] === '!' || pattern[i] === '^') {
    source += '^';
    i++;
  }
  for (let first = true; i < pattern.length; first = false, i++) {
    const char = pattern[i] ?? '';
    if (char === ']' && !first) return { source: `${source}]`, end: i };
    const named = /^\[:(\w+):\]/.exec(pattern.slice(i, i + 12));
    if (named?.[1] !== undefined) {
      source += CLASSES[named[1]] ?? '';
      i += named[0].length - 1;
    } else if (char === '\\') source += `\\${pattern[++i] ?? '\\'}`;
    else source += char === '[' || char === ']' || char === '^' ? `\\${char}` : char;
  }
  return undefined;
}

const compiled = new Map<string, RE2JS | undefined>();

/** The same few patterns run in loops; RE2 compiles slowly. Undefined for what is no expression. */
export function compileRegex(source: string): RE2JS | undefined {
  if (compiled.has(source)) return compiled.get(source);
  if (compiled.size > 200) compiled.clear();
  let regex: RE2JS | undefined;
  try {
    regex = RE2JS.compile(source, RE2JS.DOTALL);
  } catch {
    regex = undefined;
  }
  compiled.set(source, regex);
  return regex;
}

export function matches(pattern: string, text: string): boolean {
  if (!hasPattern(pattern)) return unescapePattern(pattern) === text;
  // A range like [z-a] is no expression; as a pattern it matches only itself.
  return (
    compileRegex(`^(?:${patternSource(pattern)})$`)?.test(text) ?? unescapePattern(pattern) === text
  );
}

/** `${x#p}` and its siblings: the shortest or longest match is cut off one end. */
export function strip(value: string, operator: string, pattern: string): string {
  const longest = operator.length === 2;
  const source = operator.startsWith('#')
    ? `^(?:${patternSource(pattern, longest)})(.*)$`
    : `^(${longest ? '.*?' : '.*'})(?:${patternSource(pattern)})$`;
  const matcher = compileRegex(source)?.matcher(value);
  return matcher?.find() === true ? (matcher.group(1) ?? '') : value;
}

/** `${x/p/by}` and `${x//p/by}`. */
export function replace(value: string, pattern: string, by: string, all: boolean): string {
  const matcher = pattern === '' ? undefined : compileRegex(patternSource(pattern))?.matcher(value);
  if (matcher === undefined) return value;
  let result = '';
  let end = 0;
  while (matcher.find()) {
    result += value.slice(end, matcher.start()) + by;
    end = matcher.end();
    if (!all) break;
  }
  return result + value.slice(end);
}
