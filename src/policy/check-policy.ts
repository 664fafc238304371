/**
 * What is wrong, or will surprise, about a policy before it decides anything: errors of the engine,
 * endpoints that are missing, misspelled, stale, or that can never be allowed, and what that means
 * for a pod.
 */
import { nearest, type ErrorLocation } from '#base';
import { guestPosition, type Diagnostic } from '#rego';
import { endpoints } from '#wire';
import { readRules, type PolicyRules } from './endpoint-rules.ts';
import { loadRego, PolicyParseError } from './rego-engine.ts';
import type { KataProfile } from './versions.ts';

export type FindingSeverity = 'error' | 'warning' | 'info';

export interface PolicyFinding {
  /** Stable: `endpoint-never-allowed`, `endpoint-missing`, or the engine's code. */
  readonly id: string;
  readonly severity: FindingSeverity;
  readonly message: string;
  readonly location?: ErrorLocation;
  readonly excerpt?: readonly string[];
  readonly hint?: string;
  readonly endpoint?: string;
}

/** The agent looks for its rules here and nowhere else. */
const AGENT_PACKAGE = 'agent_policy';
const FAIL_FLAG = 'AllowRequestsFailingPolicy';

/** Rules of older releases that no RPC asks for any more. Source: kata-agent.md 6. */
const staleRules = ['PullImageRequest', 'StartTracingRequest', 'StopTracingRequest'];

/** What it means when an endpoint can never be allowed. The first four stop every pod. */
const consequences: Readonly<Record<string, string>> = {
  CreateSandboxRequest: 'no pod can start',
  GuestDetailsRequest: 'no pod can start',
  CreateContainerRequest: 'no container can start',
  StartContainerRequest: 'no container can start',
  CopyFileRequest: 'no pod can start where files are copied, as in every peer pod',
  ExecProcessRequest: 'exec, exec probes and lifecycle hooks are refused',
  ReadStreamRequest: 'logs and the output of exec are silently empty',
  WriteStreamRequest: 'exec opens but takes no input',
  SetPolicyRequest:
    'the policy cannot be replaced; a policy annotation keeps its pod from starting',
  SignalProcessRequest: 'containers cannot be stopped in an orderly way',
  RemoveContainerRequest: 'stopped containers stay in the guest',
  WaitProcessRequest: 'exit codes are never reported',
  DestroySandboxRequest: 'the sandbox is not taken down in an orderly way',
  StatsContainerRequest: 'metrics of the pod are missing',
  TtyWinResizeRequest: 'terminals keep their first size',
  CloseStdinRequest: 'a process never sees the end of its input',
};
const fatal = new Set([
  'CreateSandboxRequest',
  'GuestDetailsRequest',
  'CreateContainerRequest',
  'StartContainerRequest',
  'CopyFileRequest',
]);

/** All findings, errors first, otherwise in order of the text. */
export function checkPolicy(
  text: string,
  file: string,
  kata: KataProfile,
): readonly PolicyFinding[] {
  const findings = [...engineFindings(text, file, kata)];
  const read = readRules(text, file, kata);
  if (read.ok) findings.push(...ruleFindings(read.rules, file, kata));
  const rank = { error: 0, warning: 1, info: 2 };
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity]);
}

function* engineFindings(text: string, file: string, kata: KataProfile): Iterable<PolicyFinding> {
  try {
    for (const warning of loadRego(text, file, kata).warnings) {
      yield fromDiagnostic(warning, warning.severity === 'error' ? 'error' : 'warning');
    }
  } catch (error) {
    if (!(error instanceof PolicyParseError)) throw error;
    for (const diagnostic of error.diagnostics) yield fromDiagnostic(diagnostic, 'error');
  }
}

function fromDiagnostic(diagnostic: Diagnostic, severity: FindingSeverity): PolicyFinding {
  const { source, start } = diagnostic.span;
  const { row, col } = guestPosition(source, start);
  return {
    id: diagnostic.code,
    severity,
    message: diagnostic.message,
    location: { file: source.name, line: row, column: col },
    excerpt: diagnostic.details,
    ...(diagnostic.hint !== undefined && { hint: diagnostic.hint }),
  };
}

function* ruleFindings(
  rules: PolicyRules,
  file: string,
  kata: KataProfile,
): Iterable<PolicyFinding> {
  if (rules.packageName !== AGENT_PACKAGE) {
    yield {
      id: 'wrong-package',
      severity: 'error',
      message: `the package is ${rules.packageName}; the agent asks ${AGENT_PACKAGE} only, so every request fails with INTERNAL`,
      location: { file, line: 1 },
      hint: `Write package ${AGENT_PACKAGE}.`,
    };
    return;
  }
  const setsFailFlag = rules.endpoint(FAIL_FLAG).allows !== 'missing';
  for (const { endpoint, methods } of endpoints) {
    if (methods.every((method) => kata.missingMethods.includes(method))) continue;
    const { allows, rules: places } = rules.endpoint(endpoint);
    const [first] = places;
    if (allows === 'missing') yield missing(endpoint, file, setsFailFlag);
    else if (allows === 'never' && first !== undefined) yield never(endpoint, first);
  }
  yield* nameFindings(rules, file);
}

function missing(endpoint: string, file: string, setsFailFlag: boolean): PolicyFinding {
  return {
    id: 'endpoint-missing',
    severity: fatal.has(endpoint) && !setsFailFlag ? 'error' : 'warning',
    endpoint,
    message: setsFailFlag
      ? `${endpoint} has no rule; ${FAIL_FLAG} decides`
      : `${endpoint} has no rule: the call fails with INTERNAL, not with a denial${meaning(endpoint)}`,
    location: { file },
    hint: `Write default ${endpoint} := false, or true.`,
  };
}

function never(
  endpoint: string,
  place: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly text: string;
  },
): PolicyFinding {
  return {
    id: 'endpoint-never-allowed',
    severity: fatal.has(endpoint) ? 'error' : 'info',
    endpoint,
    message: `${endpoint} can never be allowed${meaning(endpoint)}`,
    location: { file: place.file, line: place.line, column: place.column },
    excerpt: [place.text],
  };
}

function meaning(endpoint: string): string {
  const consequence = consequences[endpoint];
  return consequence === undefined ? '' : `: ${consequence}`;
}

function* nameFindings(rules: PolicyRules, file: string): Iterable<PolicyFinding> {
  const known = [...endpoints.map(({ endpoint }) => endpoint), FAIL_FLAG];
  for (const name of rules.names) {
    if (known.includes(name)) continue;
    const [place] = rules.endpoint(name).rules;
    const location =
      place === undefined ? { file } : { file, line: place.line, column: place.column };
    const excerpt = place === undefined ? [] : [place.text];
    if (staleRules.includes(name)) {
      const message = `${name} is stale: no RPC of this release asks for it`;
      yield { id: 'endpoint-stale', severity: 'info', message, location, excerpt, endpoint: name };
      continue;
    }
    const near = nearest(name, known);
    // Helper rules have names of their own; only what looks like an endpoint is taken for one.
    const meant = near ?? (/^[A-Z]\w*Request$/.test(name) ? undefined : null);
    if (meant === null) continue;
    yield {
      id: 'endpoint-unknown',
      severity: 'warning',
      message: `${name} is no endpoint: the agent never asks for it`,
      location,
      excerpt,
      ...(near !== undefined && { hint: `Did you mean ${near}?` }),
    };
  }
}
