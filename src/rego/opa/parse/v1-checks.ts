/** What Rego v1 wants of a rule's spelling (`import rego.v1`, or v1 as such). */
import type { Else } from '../../ast.ts';
import type { Diagnostic, Span } from '../../source.ts';
import { opaParseError } from './parser.ts';
import type { ReadRule } from './rules.ts';

const KEYWORDS: ReadonlySet<string> = new Set(
  'not package import as default else with null true false some if contains in every'.split(' '),
);

export function checkV1({ rule, impliedValue, impliedBody }: ReadRule): Diagnostic[] {
  const { head, span } = rule;
  const found: Diagnostic[] = [];
  const report = (at: Span, message: string): void => {
    found.push(opaParseError(at, message, false));
  };
  const what = head.args !== undefined && head.args.length > 0 ? 'function' : 'rule';
  if (head.path.length === 0 && KEYWORDS.has(head.name)) {
    report(span, `${head.name} keyword cannot be used for rule name`);
  }
  if (impliedBody && impliedValue) {
    report(span, `${what} must have value assignment and/or body declaration`);
  }
  if (rule.body !== undefined && !rule.hasIf) {
    report(span, `\`if\` keyword is required before ${what} body`);
  }
  if (head.kind === 'multi' && !head.hasContains) {
    report(span, '`contains` keyword is required for partial set rules');
  }
  for (let branch: Else | undefined = rule.else; branch !== undefined; branch = branch.else) {
    if (branch.body !== undefined && !branch.hasIf) {
      report(branch.span, `\`if\` keyword is required before ${what} body`);
    }
  }
  return found;
}
