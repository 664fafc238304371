/**
 * Everything worth saying about a policy before it decides anything, as one list: errors of the
 * engine, its advice, and what `checkEndpoints` found, each with a place, a severity and a way out.
 */
import type { ErrorLocation } from '#base';
import { guestPosition, type Diagnostic } from '#rego';
import { checkEndpoints, type EndpointFinding, type Place, type StrayRule } from './check.ts';
import { loadRego, PolicyParseError, type RegoEngine } from './rego-engine.ts';
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

/** Without any of these no pod comes up: to refuse them always is an error, not a choice. */
const NEEDED_TO_START = new Set([
  'CreateSandboxRequest',
  'GuestDetailsRequest',
  'CopyFileRequest',
  'CreateContainerRequest',
  'StartContainerRequest',
]);

/** All findings, errors first. */
export function checkPolicy(
  text: string,
  file: string,
  kata: KataProfile,
): readonly PolicyFinding[] {
  const findings = findingsOf(text, file, kata);
  const rank = { error: 0, warning: 1, info: 2 };
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity]);
}

function findingsOf(text: string, file: string, kata: KataProfile): PolicyFinding[] {
  let engine: RegoEngine;
  try {
    engine = loadRego(text, file, kata);
  } catch (error) {
    if (!(error instanceof PolicyParseError)) throw error;
    return error.diagnostics.map((diagnostic) => fromDiagnostic(diagnostic, 'error'));
  }
  const warnings = engine.warnings.map((warning) =>
    fromDiagnostic(warning, warning.severity === 'error' ? 'error' : 'warning'),
  );
  const { endpoints, stray, otherPackage } = checkEndpoints(engine);
  // Then every endpoint is missing, and the one reason says it all.
  if (otherPackage !== undefined) return [...warnings, wrongPackage(otherPackage, file)];
  const rows = text.split('\n');
  const present = ({ methods }: EndpointFinding): boolean =>
    !methods.every((method) => kata.missingMethods.includes(method));
  return [
    ...warnings,
    ...endpoints.filter(present).flatMap((endpoint) => fromEndpoint(endpoint, file, rows)),
    ...stray.map((rule) => fromStray(rule, rows)),
  ];
}

function wrongPackage(name: string, file: string): PolicyFinding {
  return {
    id: 'wrong-package',
    severity: 'error',
    message: `the package is ${name}; the agent asks agent_policy only, so every request fails with INTERNAL`,
    location: { file, line: 1 },
    hint: 'Write package agent_policy.',
  };
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

function fromEndpoint(
  { endpoint, status, place, consequence }: EndpointFinding,
  file: string,
  rows: readonly string[],
): readonly PolicyFinding[] {
  const needed = NEEDED_TO_START.has(endpoint);
  const meaning = consequence === undefined ? '' : `: ${consequence}`;
  if (status === 'missing') {
    return [
      {
        id: 'endpoint-missing',
        severity: needed ? 'error' : 'warning',
        endpoint,
        message: `${endpoint} has no rule, so the call fails with INTERNAL and not with a denial${meaning}`,
        location: { file },
        hint: `Write default ${endpoint} := false, or true.`,
      },
    ];
  }
  if (status !== 'never' || place === undefined) return [];
  return [
    {
      id: 'endpoint-never-allowed',
      severity: needed ? 'error' : 'info',
      endpoint,
      message: `${endpoint} can never be allowed${meaning}`,
      ...at(place, rows),
    },
  ];
}

function fromStray(
  { name, kind, suggestion, place }: StrayRule,
  rows: readonly string[],
): PolicyFinding {
  if (kind === 'stale') {
    const message = `${name} is stale: no RPC of this release asks for it`;
    return { id: 'endpoint-stale', severity: 'info', message, endpoint: name, ...at(place, rows) };
  }
  return {
    id: 'endpoint-unknown',
    severity: 'warning',
    message: `${name} is no endpoint: the agent never asks for it`,
    ...at(place, rows),
    ...(suggestion !== undefined && { hint: `Did you mean ${suggestion}?` }),
  };
}

function at(place: Place, rows: readonly string[]): Pick<PolicyFinding, 'location' | 'excerpt'> {
  return { location: place, excerpt: [(rows[place.line - 1] ?? '').trimEnd()] };
}
