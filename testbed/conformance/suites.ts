/** Every suite, in the order of the report. */
import { opaSuite } from './opa.ts';
import { probeSuite } from './probes.ts';
import { regoCppSuite } from './rego-cpp.ts';
import { regorusSuite } from './regorus.ts';
import type { Suite } from './suite.ts';

export const suiteLoaders: Readonly<Record<string, () => Suite>> = {
  'kata-probes': probeSuite,
  regorus: regorusSuite,
  'rego-cpp': regoCppSuite,
  opa: opaSuite,
};
