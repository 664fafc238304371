/** Every check has a page, every page a check, and what a page shows is true. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kataProfile } from '#gate';
import { checkIds, checks, type CheckId } from './catalogue.ts';
import { checkPolicy } from './check-policy.ts';

const folder = join(import.meta.dirname, '../../../docs/checks');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** Shown by no example: these are about texts that fill a page, or the whole list of endpoints. */
const WITHOUT: Readonly<Record<string, readonly ('Bad' | 'Good')[]>> = {
  'policy-too-large': ['Bad'],
  'size-budget': ['Bad'],
  'endpoint-missing': ['Good'],
};

function example(id: CheckId, heading: 'Bad' | 'Good') {
  const match = new RegExp(
    `^## ${heading}\n\n\`\`\`rego(?: kata=(\\S+))?\n([^]*?)\n\`\`\`$`,
    'm',
  ).exec(read(`${id}.md`));
  return match === null ? undefined : { kata: kataProfile(match[1]), text: `${match[2] ?? ''}\n` };
}

const found = (text: string, kata: ReturnType<typeof kataProfile>): readonly string[] =>
  checkPolicy(text, 'policy.rego', kata).findings.map(({ id }) => id);

test('the pages are those of the table, and the index lists them in its order', () => {
  const pages = readdirSync(folder).filter((name) => name !== 'README.md');
  expect(new Set(pages)).toEqual(new Set(checkIds.map((id) => `${id}.md`)));
  const rows = read('README.md').match(/^\| \[.*$/gm);
  expect(rows).toEqual(
    checkIds.map((id) => `| [${id}](${id}.md) | ${checks[id].severity} | ${checks[id].summary} |`),
  );
});

describe.each(checkIds)('%s', (id) => {
  test('its page has its name, says why it matters and how to suppress it', () => {
    const page = read(`${id}.md`);
    expect(page.startsWith(`# ${id}\n`)).toBe(true);
    for (const heading of ['Why it matters', 'Suppress'])
      expect(page).toContain(`\n## ${heading}\n`);
  });

  test('the bad example shows it', () => {
    const bad = example(id, 'Bad');
    if (WITHOUT[id]?.includes('Bad') === true) {
      expect(bad).toBeUndefined();
      return;
    }
    expect(found(bad?.text ?? '', bad?.kata ?? kataProfile())).toContain(id);
  });

  test('the good example does not', () => {
    const good = example(id, 'Good');
    if (WITHOUT[id]?.includes('Good') === true) {
      expect(good).toBeUndefined();
      return;
    }
    expect(good).toBeDefined();
    expect(found(good?.text ?? '', good?.kata ?? kataProfile())).not.toContain(id);
  });
});

test('a text beyond the agent’s limit is one finding', () => {
  const text = `package agent_policy\n# ${'x'.repeat(16_777_216)}\n`;
  expect(found(text, kataProfile())).toEqual(['policy-too-large']);
});

test('a text that no compression makes short enough is beyond a budget', () => {
  const noise = Array.from(
    { length: 400 },
    (_, i) => `# ${createHash('sha512').update(String(i)).digest('base64')}`,
  );
  const text = `package agent_policy\nimport rego.v1\n${noise.join('\n')}\n`;
  const budget = checkPolicy(text, 'p.rego', kataProfile()).findings.find(
    ({ id }) => id === 'size-budget',
  );
  expect(budget?.message).toMatch(/AWS user-data \(\d+ of 16384\)/);
});

test('every release, the complete policy: a good example of a rule for each endpoint', () => {
  const complete = readFileSync(
    join(import.meta.dirname, '../../../policies/deny-all-except-set-policy.rego'),
    'utf8',
  );
  expect(found(complete, kataProfile())).not.toContain('endpoint-missing');
});
