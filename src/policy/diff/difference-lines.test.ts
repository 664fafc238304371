import { expect, test } from 'vitest';
import { valueText } from './difference-lines.ts';

test('long values keep both ends', () => {
  expect(valueText('a'.repeat(50), 11)).toBe('"aaaa…aaaa"');
  expect(valueText(undefined, 11)).toBe('not there');
});
