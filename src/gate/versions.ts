/** The Kata release that an agent stands for. The table of releases is in `base`. */
import { findKataRelease, kataReleases, NEWEST_KATA_VERSION, type KataRelease } from '#base';
import { policyErrors } from './errors.ts';

export interface KataProfile extends KataRelease {
  /** The release asked for, which is also what the agent reports as its version. */
  readonly version: string;
}

/** The profile of a release, `4.1.0` or `v4.1.0`. Throws `POLICY_UNKNOWN_KATA_VERSION`. */
export function kataProfile(version: string = NEWEST_KATA_VERSION): KataProfile {
  const release = findKataRelease(version);
  if (release === undefined)
    throw policyErrors.unknownVersion(version, kataReleases[0]?.since ?? '', NEWEST_KATA_VERSION);
  return { ...release, version: version.replace(/^v/, '') };
}
