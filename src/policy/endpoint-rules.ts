/**
 * What a policy's text says about one endpoint, without evaluating anything: its rules, and whether
 * any of them could ever answer with something that lets a request through.
 */
import { guestPosition, parseModule, type Diagnostic } from '#rego';
import type { KataProfile } from './versions.ts';

type ParsedModule = NonNullable<ReturnType<typeof parseModule>['module']>;
type Rule = ParsedModule['rules'][number];
type Term = NonNullable<Rule['head']['value']>;

/** Where one rule of an endpoint stands, with its source line for people. */
export interface RulePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly text: string;
  readonly isDefault: boolean;
}

export interface EndpointRules {
  /** `missing`: no rule of that name; `never`: rules, all of them false; `may`: decided at run time. */
  readonly allows: 'missing' | 'never' | 'always' | 'may';
  readonly rules: readonly RulePlace[];
}

export interface PolicyRules {
  readonly packageName: string;
  /** Names of all rules of the package, in order of appearance. */
  readonly names: readonly string[];
  endpoint(name: string): EndpointRules;
}

export type ReadRules =
  | { readonly ok: true; readonly rules: PolicyRules }
  | { readonly ok: false; readonly errors: readonly Diagnostic[] };

/** Parses a policy in the dialect of a Kata release. */
export function readRules(text: string, file: string, kata: KataProfile): ReadRules {
  const parsed = parseModule({ name: file, text }, { regoVersion: kata.rego, engine: 'regorus' });
  const { module } = parsed;
  if (module === undefined) return { ok: false, errors: parsed.errors };
  const packageName = module.package.path.join('.');
  const byName = new Map<string, Rule[]>();
  for (const rule of module.rules) {
    const { name } = rule.head;
    byName.set(name, [...(byName.get(name) ?? []), rule]);
  }
  return {
    ok: true,
    rules: {
      packageName,
      names: [...byName.keys()],
      endpoint: (name) => endpointRules(byName.get(name) ?? []),
    },
  };
}

function endpointRules(rules: readonly Rule[]): EndpointRules {
  const places = rules.map(placeOf);
  if (rules.length === 0) return { allows: 'missing', rules: places };
  const answers = rules.map(answerOf);
  const [only] = rules;
  if (answers.every((answer) => answer === false)) return { allows: 'never', rules: places };
  const always = rules.length === 1 && answers[0] === true && only?.body === undefined;
  return { allows: always ? 'always' : 'may', rules: places };
}

/** The constant a rule answers with, or undefined when that is decided at run time. */
function answerOf({ head, body, else: otherwise }: Rule): boolean | undefined {
  if (otherwise !== undefined || head.kind !== 'single' || head.path.length > 0) return undefined;
  // A body that is the constant false never lets its rule answer.
  if (body?.some((literal) => literal.kind === 'expr' && !literal.negated && isFalse(literal.term)))
    return false;
  return head.value === undefined ? true : constantOf(head.value);
}

const isFalse = (term: Term): boolean => constantOf(term) === false;

function constantOf(term: Term): boolean | undefined {
  if (term.kind === 'boolean') return term.value;
  return undefined;
}

function placeOf(rule: Rule): RulePlace {
  const { source, start } = rule.span;
  const { row, col } = guestPosition(source, start);
  return {
    file: source.name,
    line: row,
    column: col,
    text: (source.text.split('\n')[row - 1] ?? '').trimEnd(),
    isDefault: rule.default,
  };
}
