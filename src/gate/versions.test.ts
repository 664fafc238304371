/** The profile of a release that somebody asks for. */
import { expect, test } from 'vitest';
import { kataProfile } from './versions.ts';

test('without a version it is the newest', () => {
  expect(kataProfile()).toMatchObject({ version: '4.1.0', since: '3.30.0' });
});

test('the version is reported without its v', () => {
  expect(kataProfile('v3.29.0')).toMatchObject({ version: '3.29.0', since: '3.29.0' });
});

test.each(['3.1.9', '4.1.1', 'latest', ''])('%s is refused', (version) => {
  expect(() => kataProfile(version)).toThrow(`there is no profile for Kata '${version}'`);
});
