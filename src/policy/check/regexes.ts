/** Patterns that match more than they look like, or nothing. */
import {
  compile,
  RegoObject,
  walkBody,
  walkTerm,
  type Profile,
  type ResolvedPolicy,
  type ResolvedRule,
  type Term,
  type Value,
} from '#rego';
import { forEachTerm } from './input-paths.ts';
import type { CheckContext } from './finding.ts';

/** Builtins with a pattern that says yes or no to a text, and where the pattern stands. */
const MATCHERS: Readonly<Record<string, number>> = { 'regex.match': 0, re_match: 0 };

export function findLoosePatterns({ policy, engine, report }: CheckContext): void {
  const isValid = judgeOf(engine.policy.profile);
  for (const rule of policy.rules) {
    const negated = negatedCalls(rule);
    forEachTerm(rule, (term) => {
      if (term.kind !== 'call') return;
      const place = Object.hasOwn(MATCHERS, term.name) ? MATCHERS[term.name] : undefined;
      const arg = place === undefined ? undefined : term.args[place];
      const pattern = arg === undefined ? undefined : patternOf(arg, policy);
      if (arg === undefined || pattern === undefined) return;
      if (!isValid(pattern)) {
        report('regex-invalid', arg.span, {
          message: `${quote(pattern)} is not a valid regular expression: the match is undefined and the rule never holds`,
        });
        return;
      }
      // What must not match is meant to be found anywhere.
      if (negated.has(term)) return;
      const problem = looseness(pattern);
      if (problem !== undefined) report('regex-unanchored', arg.span, problem);
    });
  }
}

/** The calls below a `not`, by the node that `forEachTerm` visits. */
function negatedCalls({ branches }: ResolvedRule): ReadonlySet<Term> {
  const found = new Set<Term>();
  const collect = {
    term(term: Term) {
      if (term.kind === 'call') found.add(term);
      return undefined;
    },
  };
  for (const { body = [] } of branches) {
    walkBody(body, {
      literal(literal) {
        if (literal.kind === 'expr' && literal.negated) walkTerm(literal.term, collect);
        if (literal.kind === 'not-body') walkBody(literal.body, collect);
        return undefined;
      },
    });
  }
  return found;
}

/** The engine's own judgement: dialects of regular expressions differ. A policy of its own asks faster. */
function judgeOf(profile: Profile): (pattern: string) => boolean {
  const text = 'package judge\n\nvalid := regex.is_valid(input)\n';
  const compiled = compile([{ name: 'judge.rego', text }], { profile });
  const seen = new Map<string, boolean>();
  return (pattern) => {
    let valid = seen.get(pattern);
    if (valid === undefined) {
      const outcome = compiled.ok
        ? compiled.policy.query('data.judge.valid', { input: { value: pattern } })
        : undefined;
      // A release without the function judges nothing.
      valid = outcome?.kind !== 'value' || outcome.value === true;
      seen.set(pattern, valid);
    }
    return valid;
  };
}

/** Undefined for a pattern that says where it starts and ends, or that it does not care. */
export function looseness(
  pattern: string,
): { readonly message: string; readonly hint: string } | undefined {
  const text = pattern.replace(/^\(\?[a-z]+\)/, '');
  const alternatives = topLevelAlternatives(text);
  const loose = alternatives.filter((one) => !startsAnchored(one) || !endsAnchored(one));
  if (loose.length === 0) return undefined;
  const [first = ''] = loose;
  if (alternatives.length > 1 && /[\^$]/.test(text)) {
    return {
      message: `in ${quote(pattern)} an anchor belongs to one alternative only: ${quote(first)} matches anywhere in the text`,
      hint: 'Put the alternatives into a group: ^(a|b)$.',
    };
  }
  const start = startsAnchored(first);
  const where = start ? 'any end' : endsAnchored(first) ? 'any beginning' : 'any text around it';
  return {
    message: `${quote(pattern)} is not anchored: it also matches with ${where}`,
    hint: start
      ? 'End it with $, or with .* if the end does not matter.'
      : 'Write ^ before it and $ behind it, or .* where it does not matter.',
  };
}

/** `^`, `\A`, or `.*`, which says that any beginning will do. */
const startsAnchored = (text: string): boolean => /^(?:\(+(?:\?:)?)?(?:\^|\\A|\.[*+])/.test(text);

const endsAnchored = (text: string): boolean =>
  /(?:(?:^|[^\\])(?:\\\\)*\$|\\z|\.[*+]\)*)\)*$/.test(text);

/** Splits at `|` outside of groups and classes. */
function topLevelAlternatives(pattern: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let inClass = false;
  let from = 0;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i];
    if (char === '\\') i++;
    else if (inClass) inClass = char !== ']';
    else if (char === '[') inClass = true;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === '|' && depth === 0) {
      parts.push(pattern.slice(from, i));
      from = i + 1;
    }
  }
  return [...parts, pattern.slice(from)];
}

/** A literal, or a path to a text in a rule that is a constant: `policy_data.common.sandbox_name`. */
function patternOf(term: Term, policy: ResolvedPolicy): string | undefined {
  if (term.kind === 'string') return term.value;
  if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'data')
    return undefined;
  let node: ResolvedPolicy['tree'] | undefined = policy.tree;
  for (const [i, part] of term.path.entries()) {
    if (part.kind !== 'string') return undefined;
    node = node.children.get(part.value);
    if (node === undefined) return undefined;
    const [rule, ...others] = node.rules;
    if (rule === undefined) continue;
    const [branch] = rule.branches;
    if (others.length > 0 || branch?.body !== undefined || branch?.value === undefined)
      return undefined;
    return textIn(branch.value, term.path.slice(i + 1));
  }
  return undefined;
}

function textIn(term: Term, path: readonly Term[]): string | undefined {
  if (term.kind === 'string') return path.length === 0 ? term.value : undefined;
  if (term.kind === 'object') {
    const [part, ...rest] = path;
    if (part?.kind !== 'string') return undefined;
    const at = term.keys.findIndex((key) => key.kind === 'string' && key.value === part.value);
    const value = term.values[at];
    return value === undefined ? undefined : textIn(value, rest);
  }
  if (term.kind !== 'constant') return undefined;
  let value: Value | undefined = term.value;
  for (const part of path) {
    if (part.kind !== 'string' || !(value instanceof RegoObject)) return undefined;
    value = value.get(part.value);
  }
  return typeof value === 'string' ? value : undefined;
}

const quote = (text: string): string =>
  text.length > 60 ? `"${text.slice(0, 57)}..."` : `"${text}"`;
