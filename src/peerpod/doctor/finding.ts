/** What the doctor says about one part of the path. `ok` findings tell what was looked at. */
type PathStep =
  | 'sandbox'
  | 'user-data'
  | 'initdata'
  | 'apf.json'
  | 'address'
  | 'tls'
  | 'agent'
  | 'proxy'
  | 'vxlan'
  | 'pod network';

export interface PathFinding {
  readonly step: PathStep;
  readonly severity: 'ok' | 'warning' | 'error';
  readonly message: string;
  /** What to do. */
  readonly hint?: string;
  /** The line that a real part writes into its log then: the adaptor, or the forwarder. */
  readonly log?: string;
}

export type PathReport = (
  severity: PathFinding['severity'],
  message: string,
  hint?: string,
  log?: string,
) => void;

export function reportOn(findings: PathFinding[], step: PathStep): PathReport {
  return (severity, message, hint, log) =>
    findings.push({
      step,
      severity,
      message,
      ...(hint !== undefined && { hint }),
      ...(log !== undefined && { log }),
    });
}
