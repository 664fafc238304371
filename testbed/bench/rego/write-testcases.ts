/** Writes policies/genpolicy-style.testcases.json anew: `npx tsx testbed/bench/rego/write-testcases.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';
import { readGenpolicyStyle, REPOSITORY } from './corpus.ts';
import { testCases } from './testcases.ts';

export const TESTCASES_FILE = join(REPOSITORY, 'policies', 'genpolicy-style.testcases.json');

export function testCasesText(): string {
  return `${JSON.stringify(testCases(readGenpolicyStyle()), null, 1)}\n`;
}

if (argv[1] === import.meta.filename) writeFileSync(TESTCASES_FILE, testCasesText());
