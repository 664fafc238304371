/** Findings of a policy that is inside of something else, as findings of the user's file. */
import type { PolicyInFile } from '../source/policies-in.ts';
import type { PolicyFinding } from './finding.ts';

/** A finding in the policy as a finding in the user's file. */
export function relocate(
  finding: PolicyFinding,
  { inside, place, shift }: PolicyInFile,
): PolicyFinding {
  const { location, region, ...said } = finding;
  if (inside === undefined || (shift !== undefined && location.line === undefined)) return finding;
  if (shift !== undefined) {
    return {
      ...said,
      location: { ...location, file: place.file, line: (location.line ?? 1) + shift },
      ...(region !== undefined && {
        region: {
          ...region,
          startLine: region.startLine + shift,
          endLine: region.endLine + shift,
        },
      }),
    };
  }
  const line =
    location.line === undefined ? '' : ` (line ${location.line} of the policy in ${inside})`;
  return { ...said, message: `${said.message}${line}`, location: place };
}
