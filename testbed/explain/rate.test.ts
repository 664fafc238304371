/**
 * The explanation of a refusal names the field that was changed, in at least 95 of 100 single-field
 * mutations of what the genpolicy-style policy allows. Here a sample; run.ts measures all of them.
 */
import { expect, test } from 'vitest';
import { measure, rateText } from './rate.ts';

/** Every so many mutations, from a fixed start: the same ones in each run. */
const EVERY = 31;

test('the changed field is named first in at least 95 % of the refused mutations', () => {
  const rate = measure((index) => index % EVERY === 7);
  console.log(rateText(rate));
  expect(rate.denied).toBeGreaterThan(100);
  expect(rate.named / rate.denied).toBeGreaterThanOrEqual(0.95);
});
