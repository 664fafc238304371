/** Which row a release gets. */
import { expect, test } from 'vitest';
import { findKataRelease, kataReleases, NEWEST_KATA_VERSION } from './kata-releases.ts';

test.each([
  { version: NEWEST_KATA_VERSION, since: '3.30.0', rego: 'v1', deniedRead: 'empty', state: true },
  { version: 'v3.29.0', since: '3.29.0', rego: 'v0', deniedRead: 'empty', state: true },
  { version: '3.14.9', since: '3.11.0', rego: 'v0', deniedRead: 'error', state: true },
  { version: '3.10.0', since: '3.7.0', rego: 'v0', deniedRead: 'error', state: false },
  { version: '3.2.0', since: '3.2.0', rego: 'v0', deniedRead: 'error', state: false },
  { version: 'next', since: 'next', rego: 'v1', deniedRead: 'empty', state: true },
])('$version is served by the row since $since', ({ version, ...row }) => {
  expect(findKataRelease(version)).toMatchObject(row);
});

test.each([
  { version: '3.6.0', engine: 'regorus 0.1.4' },
  { version: '3.7.0', engine: 'regorus 0.1.5' },
  { version: '3.11.0', engine: 'regorus 0.2.8' },
  { version: '3.29.0', engine: 'regorus 0.2.8' },
  { version: '3.30.0', engine: 'regorus 0.9.1 (898643129)' },
  { version: 'next', engine: 'regorus 0.14.1' },
])('$version has $engine', ({ version, engine }) => {
  expect(findKataRelease(version)?.engine).toBe(engine);
});

test.each(['3.1.9', '4.1.1', '5.0.0', 'latest', '', '4.1'])('%s is not known', (version) => {
  expect(findKataRelease(version)).toBeUndefined();
});

test('only the oldest releases lack GetDiagnosticData', () => {
  const without = kataReleases.filter((row) => row.missingMethods.includes('GetDiagnosticData'));
  expect(without.at(-1)?.since).toBe('3.28.0');
});
