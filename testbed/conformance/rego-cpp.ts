/** rego-cpp's own cases for builtins: OPA's format, plus `want_output` for what print wrote. */
import { join } from 'node:path';
import { isDirectory, readCaseFiles, sharedFixtures } from './case-file.ts';
import { opaCase, type OpaCase } from './opa-case.ts';
import { planCases } from './plan.ts';
import type { Case, Suite } from './suite.ts';

export function regoCppSuite(): Suite {
  const origin = 'rego-cpp tests/builtins.yaml and tests/opa/bundles';
  const fixtures = sharedFixtures();
  const root = fixtures === undefined ? '' : join(fixtures, 'rego-cpp');
  if (!isDirectory(root)) {
    return {
      name: 'rego-cpp',
      origin,
      cases: [],
      absent: 'needs the recorded cases: KATASIM_SHARED',
    };
  }
  const builtins = readCaseFiles(join(root, 'tests')).flatMap(({ path, cases }) =>
    cases.map((document): Case => opaCase(document as unknown as OpaCase, 'v1', path)),
  );
  const bundles = join(root, 'tests', 'opa', 'bundles');
  return { name: 'rego-cpp', origin, cases: [...builtins, ...planCases(bundles)] };
}
