/** The recorded cases of families whose file has no test of its own beside it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe } from 'vitest';
import { recordings, testRecorded } from './testing.ts';

const families = readdirSync(recordings).map((file) => file.replace('.json', ''));

function runsElsewhere(family: string): boolean {
  return ['./', '../opa/builtins/'].some((folder) => {
    const file = new URL(`${folder}${family}.test.ts`, import.meta.url);
    return existsSync(file) && readFileSync(file, 'utf8').includes(`testRecorded('${family}')`);
  });
}

for (const family of families.filter((name) => !runsElsewhere(name))) {
  describe(family, () => {
    testRecorded(family);
  });
}
