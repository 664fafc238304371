/** What docs/explain.md shows is what the scenario policy-explain.txtar checks. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const scenario = read('testbed/scenarios/policy-explain.txtar');

function file(name: string): string {
  const [, rest = ''] = scenario.split(`-- ${name} --\n`);
  return rest.split(/^-- .* --$/m)[0]?.trimEnd() ?? '';
}

test.each(['want-event', 'want-reason'])('the transcript is that of the scenario: %s', (name) => {
  const transcripts = [...read('docs/explain.md').matchAll(/```console\n\$ .*\n([\s\S]*?)\n```/g)];
  expect(file(name)).not.toBe('');
  expect(transcripts.map(([, text]) => text)).toContain(file(name));
});
