/**
 * Rules that tests refer to and the policy does not have. A misspelled endpoint is undefined, so that
 * `not` of it holds: such a test passes whatever the policy says.
 */
import { nearest, type ErrorLocation } from '#base';
import { opaPosition, walkBody, walkTerm, type ResolvedPolicy, type Term } from '#rego';
import { endpoints } from '#wire';

export interface MissingRule {
  /** The rule that refers to it. */
  readonly inRule: string;
  readonly message: string;
  readonly place: ErrorLocation;
}

/** What identifies a rule among those of a policy. */
export const ruleKey = ({ ground }: { readonly ground: readonly string[] }): string =>
  ground.join('.');

/** In source order, each name once per rule; the modules are known by their names. */
export function missingRules(
  { modules }: ResolvedPolicy,
  { policy, tests }: { readonly policy: string; readonly tests: string },
): readonly MissingRule[] {
  const path = modules.find(({ name }) => name === policy)?.source.package.path ?? [];
  // Tests may stand in the policy's own package, and bring rules to it.
  const names = new Set(
    modules
      .filter(({ source }) => source.package.path.join('.') === path.join('.'))
      .flatMap(({ rules }) => rules.map(({ source }) => source.head.name)),
  );
  const found = new Map<string, MissingRule>();
  for (const rule of modules.find(({ name }) => name === tests)?.rules ?? []) {
    const inRule = ruleKey(rule);
    const term = (one: Term): undefined => {
      const name = nameBehind(one, path);
      const key = `${inRule} ${name ?? ''}`;
      if (name === undefined || names.has(name) || found.has(key)) return;
      const message = `${policy} has no rule ${path.join('.')}.${name}: ${hintFor(name, names)}`;
      const { source, start } = one.span;
      const { row, col } = opaPosition(source, start);
      found.set(key, { inRule, message, place: { file: tests, line: row, column: col } });
    };
    for (const { value, body } of rule.branches) {
      if (value !== undefined) walkTerm(value, { term });
      walkBody(body ?? [], { term });
    }
  }
  return [...found.values()];
}

function hintFor(name: string, names: ReadonlySet<string>): string {
  if (endpoints.some(({ endpoint }) => endpoint === name)) {
    return 'an agent answers INTERNAL for this endpoint, which is no denial';
  }
  const near = nearest(name, new Set([...endpoints.map(({ endpoint }) => endpoint), ...names]));
  return near === undefined ? 'it is undefined, so `not` of it holds' : `did you mean ${near}?`;
}

/** `X` of `data.agent_policy.X`, when that is what the term is. */
function nameBehind(term: Term, path: readonly string[]): string | undefined {
  if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'data')
    return undefined;
  const keys = term.path.map((part) => (part.kind === 'string' ? part.value : undefined));
  return path.every((part, i) => keys[i] === part) ? keys[path.length] : undefined;
}
