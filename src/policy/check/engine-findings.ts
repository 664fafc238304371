/**
 * What the engine itself says of a text, in its own words and places, and its advice: dialects,
 * functions that a release lacks, traps of the language.
 */
import { kataReleases } from '#base';
import { PolicyParseError, type KataProfile, type RegoEngine } from '#gate';
import {
  advise,
  findProfile,
  hasBuiltin,
  isBuiltinName,
  regorusPosition,
  opaChecks,
  parseModule,
  textOf,
  withHints,
  type Diagnostic,
  type Module,
  type Source,
} from '#rego';
import { mayBeNullInInput } from '#wire';
import { isAtEnd, unclosedBracket, unclosedText } from '../format/brackets.ts';
import { type CheckId, checks, type FindingSeverity } from './catalogue.ts';
import {
  shownLine,
  regionOf,
  type CheckContext,
  type FindingText,
  type PolicyFinding,
} from './finding.ts';

/** The findings of a text that does not load. */
export function parseFindings(
  error: PolicyParseError,
  source: Source,
  kata: KataProfile,
): readonly PolicyFinding[] {
  const [first, ...rest] = withHints(error.diagnostics, []);
  if (first === undefined) return [];
  const other = otherDialect(source, kata);
  const bracket = isAtEnd(source, first.span.start) ? unclosedBracket(source) : undefined;
  const mark = source.text.startsWith('\ufeff') ? BYTE_ORDER_MARK : undefined;
  const hint = [first.hint, bracket && unclosedText(bracket), mark ?? other]
    .filter((part) => part !== undefined)
    .join(' ');
  const findings = [{ ...first, ...(hint !== '' && { hint }) }, ...rest].map((diagnostic) =>
    engineFinding(
      diagnostic.code === 'rego_parse_error' ? 'parse-error' : 'compile-error',
      diagnostic,
    ),
  );
  // Where the engine noticed there is nothing to show.
  return bracket === undefined
    ? findings
    : findings.map((finding, i) =>
        i === 0 ? { ...finding, excerpt: caret(source, bracket.offset) } : finding,
      );
}

const BYTE_ORDER_MARK =
  'The text starts with a byte order mark, which the agent refuses: save it as UTF-8 without one.';

/** A text of the other dialect is not wrong, it is for other agents; the words of the engine hide that. */
function otherDialect(source: Source, kata: KataProfile): string | undefined {
  const reads = (regoVersion: 'v0' | 'v1'): boolean =>
    parseModule(source, { regoVersion }).module !== undefined;
  // What both read is refused for another reason: a limit, a line that only the guest minds.
  if (kata.rego === 'v1' ? !reads('v0') || reads('v1') : !reads('v1') || reads('v0'))
    return undefined;
  const [dialect, when] = kata.rego === 'v1' ? ['v0', 'before 3.30.0'] : ['v1', 'from 3.30.0 on'];
  return `The text is Rego ${dialect}, which Kata ${when} reads: \`katasim policy fmt --v0-v1 -w\` writes it for both.`;
}

/** The policy loads and fails at the first request; the agent says nothing until then. */
export function prepareFindings({ policy }: RegoEngine): readonly PolicyFinding[] {
  const failure = policy.prepareFailure;
  if (failure === undefined) return [];
  const [hinted = failure] = withHints(
    [failure],
    policy.resolved.modules.map(({ source }) => source),
  );
  const finding = engineFinding('compile-error', hinted);
  return [
    {
      ...finding,
      message: `${finding.message}; the agent loads this policy, and then every request fails with INTERNAL`,
    },
  ];
}

function engineFinding(id: CheckId, diagnostic: Diagnostic): PolicyFinding {
  const { source, start } = diagnostic.span;
  const { row, col } = regorusPosition(source, start);
  return {
    id,
    severity: diagnostic.severity === 'error' ? 'error' : 'warning',
    message: diagnostic.message,
    location: { file: source.name, line: row, column: col },
    region: regionOf(diagnostic.span),
    excerpt: caret(source, start),
    ...(diagnostic.hint !== undefined && { hint: diagnostic.hint }),
  };
}

/** The line and a caret below it. Tabs stay tabs, so that it stands where the terminal puts the character. */
function caret(source: Source, offset: number): readonly string[] {
  const { line, before } = shownLine(source, offset);
  return line.trim() === '' ? [] : [line, `${before.replace(/[^\t]/g, ' ')}^`];
}

/** Advice by its row in the engine's table. */
const ADVICE: Readonly<Record<string, CheckId>> = {
  'silent-allow': 'if-not-keyword',
  'wrong-package': 'wrong-package',
  'absent-builtins': 'function-missing',
  dialect: 'dialect-v1',
  'null-iteration': 'null-iteration',
  'first-key': 'first-key-only',
  'wildcard-value': 'wildcard-value',
  'unary-minus': 'minus-sign',
  'empty-body': 'empty-body',
};

export function findByAdvice(context: CheckContext): void {
  const { engine, module, kata, report } = context;
  const modules = [module];
  const { profile } = engine.policy;
  for (const { advice = '', severity, span, message, hint } of advise(modules, {
    profile,
    package: 'agent_policy',
    mayBeNull: mayBeNullInInput,
  })) {
    const id = advice === 'dialect' && kata.rego === 'v0' ? 'dialect-v0' : ADVICE[advice];
    if (id === undefined) continue;
    const text = { message, severity: severityOf(severity, id) };
    if (id === 'function-missing') {
      report(id, span, functionMissing(textOf(span), text, hint));
    } else if (id === 'dialect-v0' || id === 'dialect-v1') {
      report(id, span, {
        ...text,
        hint: `${hint ?? ''} \`katasim policy fmt --v0-v1 -w\` does.`.trim(),
      });
    } else report(id, span, { ...text, hint });
  }
  for (const warning of engine.warnings) {
    report('opa-refuses', warning.span, { message: warning.message, hint: warning.hint });
  }
  // An agent with OPA in it has said all this already, as errors.
  if (profile.engine === 'regorus') fromOpa(modules, context);
}

const severityOf = (severity: Diagnostic['severity'], id: CheckId): FindingSeverity =>
  severity === 'error' ? 'error' : checks[id].severity;

function fromOpa(modules: readonly Module[], { report }: CheckContext): void {
  for (const { message, span, hint, details } of withHints(opaChecks(modules), modules)) {
    const types = details.filter((line) => /^(?:left|right|have|want) /.test(line.trim()));
    const said = [message, ...types.map((line) => line.trim())].join('; ');
    report('opa-refuses', span, { message: `OPA refuses this: ${said}`, hint });
  }
}

function functionMissing(name: string, text: FindingText, hint: string | undefined): FindingText {
  if (!isBuiltinName(name)) return { ...text, hint };
  return {
    ...text,
    message: `${name} is not part of this agent: a request that gets here fails with INTERNAL`,
    hint: [sinceWhen(name), hint].filter((part) => part !== undefined).join(' '),
  };
}

/** `Kata has base64.encode from 3.28.0 on.` */
export function sinceWhen(name: string): string {
  const having = kataReleases.map(({ since }) => {
    const profile = findProfile(`kata-${since}`);
    return profile !== undefined && hasBuiltin(profile, name);
  });
  if (!having.includes(true)) return `No release of Kata has ${name}.`;
  if (having.at(-1) === true) {
    // The last release that lacks it ends the gap.
    const from = kataReleases[having.lastIndexOf(false) + 1]?.since ?? '';
    return `Kata has ${name} from ${from} on.`;
  }
  return `Only Kata 3.2.0 to 3.4.0, which ran OPA, had ${name}.`;
}
