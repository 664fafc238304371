/** For tests of the grammar of regorus: what comes of a text, and the engine's error as one line. */
import type { RegoVersion, Rule, Term } from '../../ast.ts';
import { valueBuilder } from '../../value.ts';
import { parseModule, type ParseResult } from '../parse-module.ts';

export const parse = (text: string, regoVersion: RegoVersion = 'v1'): ParseResult =>
  parseModule(
    { name: 'agent_policy', text },
    { engine: 'regorus', regoVersion, builder: valueBuilder('double') },
  );

/** `row:col message` of the engine's text. */
export function errorOf(text: string, version?: RegoVersion): string | undefined {
  const full = parse(text, version).errors[0]?.regorusText;
  if (full === undefined) return undefined;
  const place = /--> agent_policy:(\d+:\d+)/.exec(full)?.[1] ?? '-';
  return `${place} ${full.slice(full.indexOf('error: ') + 'error: '.length)}`;
}

/** The rules below `package a`. */
export function rulesOf(rules: string, version?: RegoVersion): readonly Rule[] {
  const { module, errors } = parse(`package a\n${rules}`, version);
  if (module === undefined) throw new Error(errors[0]?.message);
  return module.rules;
}

/** The term behind `x := `. */
export const termOf = (text: string): Term | undefined => rulesOf(`x := ${text}`)[0]?.head.value;
