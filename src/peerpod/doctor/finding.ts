/** What the doctor says about one part of the path. `ok` findings tell what was looked at. */
export type PathStep =
  'user-data' | 'initdata' | 'apf.json' | 'address' | 'tls' | 'agent' | 'vxlan';

export interface PathFinding {
  readonly step: PathStep;
  readonly severity: 'ok' | 'warning' | 'error';
  readonly message: string;
  readonly hint?: string;
}

export type PathReport = (
  severity: PathFinding['severity'],
  message: string,
  hint?: string,
) => void;

export function reportOn(findings: PathFinding[], step: PathStep): PathReport {
  return (severity, message, hint) =>
    findings.push({ step, severity, message, ...(hint !== undefined && { hint }) });
}
