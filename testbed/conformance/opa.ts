/** OPA's own conformance cases, v0 and v1, read from its Go module where Go is present. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { env } from 'node:process';
import { isDirectory, readCaseFiles } from './case-file.ts';
import { opaCase, type OpaCase } from './opa-case.ts';
import type { Case, Suite } from './suite.ts';

export const OPA_MODULE = 'github.com/open-policy-agent/opa';

/** The folder of the module that the interop peer depends on, when Go is here and has it. */
function moduleDirectory(): string | undefined {
  const peer = join(import.meta.dirname, '..', 'interop', 'rego', 'opa');
  try {
    const directory = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', OPA_MODULE], {
      cwd: peer,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      // Asked where the module is, Go must not go and fetch it.
      env: { ...env, GOPROXY: 'off', GOTOOLCHAIN: 'local' },
    });
    return directory.trim() === '' ? undefined : directory.trim();
  } catch {
    return undefined;
  }
}

export function opaSuite(): Suite {
  const origin = `${OPA_MODULE}, v1/test/cases/testdata`;
  const module = moduleDirectory();
  const root = module === undefined ? '' : join(module, 'v1', 'test', 'cases', 'testdata');
  if (!isDirectory(root)) {
    const absent = `needs Go and its module: (cd testbed/interop/rego/opa && go mod download)`;
    return { name: 'opa', origin, cases: [], absent };
  }
  const cases = readCaseFiles(root).flatMap(({ folder, cases: documents }) => {
    const version = folder.startsWith('v0') ? 'v0' : 'v1';
    return documents.map((one) => opaCase(one as unknown as OpaCase, version, folder));
  });
  return { name: 'opa', origin, cases: unique(cases) };
}

/** Some notes occur several times in a folder; a number tells them apart. */
function unique(cases: readonly Case[]): Case[] {
  const seen = new Map<string, number>();
  return cases.map((one) => {
    const times = (seen.get(one.note) ?? 0) + 1;
    seen.set(one.note, times);
    return times === 1 ? one : { ...one, note: `${one.note} #${times}` };
  });
}
