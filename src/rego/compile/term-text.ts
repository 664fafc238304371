/**
 * Terms as OPA writes them in error messages: `data.a["b c"][x]`, `print("x", input.y)`. Resolved
 * variables get back the name their author gave them.
 */
import type { CallTerm, RefTerm, Term } from '../ast.ts';
import { textOf } from '../position.ts';
import { formatTerm, goQuote } from '../text.ts';
import { sourceName } from './policy.ts';

const KEYWORDS = new Set(
  'as contains data default else every false if import in input not null package some true with'.split(
    ' ',
  ),
);
// The roots are no keywords after a dot.
KEYWORDS.delete('data');
KEYWORDS.delete('input');

const isPlainName = (part: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(part) && !KEYWORDS.has(part);

/** One string part of a reference: `.name`, or `["odd name"]`. */
export const partText = (part: string): string =>
  isPlainName(part) ? `.${part}` : `[${goQuote(part)}]`;

/** `root.a["b c"]` */
export const refPathText = (root: string, parts: readonly string[]): string =>
  root + parts.map(partText).join('');

/** The text of a reference up to and including `length` of its path parts. */
export function refText(ref: RefTerm, length = ref.path.length): string {
  const parts = ref.path
    .slice(0, length)
    .map((part) => (part.kind === 'string' ? partText(part.value) : `[${termText(part)}]`));
  return termText(ref.head) + parts.join('');
}

export function termText(term: Term): string {
  switch (term.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(term.value);
    case 'number':
      return term.text;
    case 'string':
      return goQuote(term.value);
    case 'var':
      return sourceName(term.name);
    case 'ref':
      return refText(term);
    case 'call':
      return callText(term);
    case 'unary':
      return `-${termText(term.operand)}`;
    case 'array':
      return `[${list(term.items)}]`;
    case 'set':
      return term.items.length === 0 ? 'set()' : `{${list(term.items)}}`;
    case 'object':
      return `{${term.keys.map((key, i) => pair(key, term.values[i])).join(', ')}}`;
    case 'constant':
      return formatTerm(term.value);
    case 'comprehension':
    case 'template':
      // Their bodies are whole queries: the author's own text is the clearest there is.
      return textOf(term.span);
  }
}

const list = (terms: readonly Term[]): string => terms.map(termText).join(', ');

const pair = (key: Term, value: Term | undefined): string =>
  `${termText(key)}: ${value === undefined ? '' : termText(value)}`;

export const callText = (call: CallTerm): string =>
  call.infix === undefined ? `${call.name}(${list(call.args)})` : textOf(call.span);
