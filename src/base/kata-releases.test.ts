/** Which row a release gets. */
import { expect, test } from 'vitest';
import { findKataRelease, kataReleases, NEWEST_KATA_VERSION } from './kata-releases.ts';

test.each([
  { version: NEWEST_KATA_VERSION, since: '3.30.0', rego: 'v1', deniedRead: 'empty', state: true },
  { version: 'v3.29.0', since: '3.29.0', rego: 'v0', deniedRead: 'empty', state: true },
  { version: '3.14.9', since: '3.12.0', rego: 'v0', deniedRead: 'error', state: true },
  { version: '3.10.0', since: '3.8.0', rego: 'v0', deniedRead: 'error', state: false },
  { version: '3.2.0', since: '3.2.0', rego: 'v0', deniedRead: 'error', state: false },
])('$version is served by the row since $since', ({ version, ...row }) => {
  expect(findKataRelease(version)).toMatchObject(row);
});

test.each(['3.1.9', '4.1.1', '5.0.0', 'latest', '', '4.1'])('%s is not known', (version) => {
  expect(findKataRelease(version)).toBeUndefined();
});

test('only the oldest releases lack GetDiagnosticData', () => {
  const without = kataReleases.filter((row) => row.missingMethods.includes('GetDiagnosticData'));
  expect(without.at(-1)?.since).toBe('3.28.0');
});
