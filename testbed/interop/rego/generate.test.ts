import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleOf } from './generate.ts';

describe('generated modules', () => {
  it('depend on their tape and nothing else', () => {
    const tape = [5, 17, 40_000, 3, 8, 9_999, 12, 77, 1];
    expect(sampleOf(tape)).toEqual(sampleOf(tape));
  });

  it('are simplest for the empty tape', () => {
    expect(sampleOf([]).modules[0]?.text).toBe(
      'package p\n\nimport rego.v1\n\nr0 := 0 if {\n\t0 == 0\n}\n',
    );
  });

  it('end, have rules to ask for, and come with JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 65_535 }), { maxLength: 400 }), (tape) => {
        const sample = sampleOf(tape);
        expect(sample.rules.length).toBeGreaterThan(0);
        for (const rule of sample.rules)
          expect(sample.modules[0]?.text).toMatch(new RegExp(`^(default )?${rule}\\b`, 'm'));
        expect(JSON.parse(sample.input)).toBeTypeOf('object');
        expect(JSON.parse(sample.data)).toHaveProperty('d');
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});
