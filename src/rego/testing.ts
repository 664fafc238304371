/** For tests: policies of one package `t`, and their answers as one line of text. */
import { compile, type CompileOptions } from './compile.ts';
import { formatErrors } from './compile/error-list.ts';
import type { CompiledPolicy, QueryOptions } from './compiled-policy.ts';
import { toJson } from './json.ts';

/** The engine's text without its source excerpt: `row:col message`. */
export function shortText(text: string): string {
  const place = /--> [^:]+:(\d+:\d+)/.exec(text)?.[1];
  const at = text.indexOf('error: ');
  return place === undefined || at < 0 ? text : `${place} ${text.slice(at + 'error: '.length)}`;
}

export function policyOf(
  rules: string,
  profile = 'kata',
  options: CompileOptions = {},
): CompiledPolicy {
  const text = `package t\n${rules}`;
  const result = compile([{ name: 'p', text }], { ...options, profile });
  if (!result.ok) throw new Error(formatErrors(result.errors));
  return result.policy;
}

export interface Question extends QueryOptions {
  /** Default `kata`. */
  readonly profile?: string;
  /** Default `data.t.x`. */
  readonly query?: string;
}

/** JSON text of the value, `undefined`, or the text of what went wrong. */
export function answerOf(rules: string, question: Question = {}): string {
  const { profile = 'kata', query = 'data.t.x', ...options } = question;
  const result = compile([{ name: 'p', text: `package t\n${rules}` }], { profile });
  if (!result.ok) return formatErrors(result.errors);
  const { policy } = result;
  const outcome = policy.query(query, options);
  if (outcome.kind === 'value') return toJson(outcome.value, policy.profile);
  return outcome.kind === 'undefined' ? 'undefined' : shortText(outcome.message);
}
