import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  digestInitdata,
  INITDATA_ANNOTATION,
  INITDATA_ANNOTATION_OLD,
  parseInitdata,
} from '#initdata';
import { policiesIn } from '../source/policies-in.ts';
import { POLICY_ANNOTATION } from '../source/annotations.ts';
import { annotationPatch, decodeInitdataText, encodePolicy } from './encode.ts';
import { budgetUse, longestLines, sizesOf } from './budgets.ts';
import { wrapPolicy } from './wrap.ts';

const policy = 'package agent_policy\n\ndefault ExecProcessRequest := false\n';

describe('there and back', () => {
  test.each(['annotation', 'cc-init-data', 'initdata'] as const)('%s', async (form) => {
    const { value } = encodePolicy({ policy }, { form });
    expect((await policiesIn(value, 'file')).map(({ text }) => text)).toEqual([policy]);
  });

  test('any text survives the document byte for byte', () => {
    const awkward = fc.constantFrom(
      "'''",
      "'",
      '"""',
      '\\',
      '\r\n',
      '\r',
      '\t',
      '\n',
      '\u0000',
      '\u007f',
      'é',
      '😀',
    );
    const text = fc
      .array(fc.oneof(awkward, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 12 })
      .map((parts) => parts.join(''))
      // A lone surrogate is no text that a file could hold.
      .filter((one) => Buffer.from(one).toString() === one);
    fc.assert(
      fc.property(text, (one) => {
        const { data } = parseInitdata(wrapPolicy(one));
        expect(data.get('policy.rego')).toBe(one);
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('the bytes of a document that was given are kept, and so is its digest', () => {
    const toml = `# mine\n${wrapPolicy(policy, 'sha512')}\n\n`;
    const { value, digest } = encodePolicy({ toml }, { form: 'cc-init-data' });
    expect(decodeInitdataText(value)).toBe(toml);
    expect(digest).toBe(digestInitdata(parseInitdata(toml)));
  });

  test('equal input gives equal text', () => {
    const one = encodePolicy({ policy }, { form: 'cc-init-data' });
    expect(encodePolicy({ policy }, { form: 'cc-init-data' })).toEqual(one);
  });
});

test('each form has its annotation, and initdata two spellings of it', () => {
  const keyOf = (form: 'annotation' | 'initdata' | 'cc-init-data', adaptorVersion?: string) =>
    encodePolicy({ policy }, { form, ...(adaptorVersion !== undefined && { adaptorVersion }) }).key;
  expect(keyOf('annotation')).toBe(POLICY_ANNOTATION);
  expect(keyOf('initdata')).toBeUndefined();
  expect(keyOf('cc-init-data')).toBe(INITDATA_ANNOTATION);
  expect(keyOf('cc-init-data', '0.15.1')).toBe(INITDATA_ANNOTATION_OLD);
});

test('a document of ours starts on a peer pod: it has an aa.toml', () => {
  expect(parseInitdata(wrapPolicy(policy)).data.get('aa.toml')).toBe('');
});

test('a patch names the annotation by JSON pointer', () => {
  expect(annotationPatch('a/b~c', 'v')).toEqual([
    { op: 'add', path: '/metadata/annotations/a~1b~0c', value: 'v' },
  ]);
});

describe('budgets', () => {
  const use = (text: string) => budgetUse(sizesOf(text, wrapPolicy(text)), text);
  const over = (text: string) =>
    use(text)
      .filter(({ fits }) => !fits)
      .map(({ id, line }) => `${id}:${line ?? ''}`);

  test('a small policy fits everywhere', () => {
    expect(over(policy)).toEqual([]);
  });

  test.each([
    ['a line of 65,537 columns', `x\ny\n${'a'.repeat(65_537)}\nz`, ['agent-columns:3']],
    ['200,001 lines', '\n'.repeat(200_000), ['agent-lines:200001', 'policy-annotation:1']],
    [
      'more text than the policy annotation takes, although it compresses well',
      `${'# aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n'.repeat(5_200)}# the longest line of all of them is this\n`,
      ['policy-annotation:5201'],
    ],
  ])('%s is over, and the line is named', (_note, text, want) => {
    expect(over(text)).toEqual(want);
  });

  test('sizes are those of the real encodings', () => {
    const { sizes } = encodePolicy({ policy }, { form: 'annotation' });
    const { value } = encodePolicy({ policy }, { form: 'annotation' });
    expect(sizes.policyAnnotation).toBe(value.length);
    const initdata = encodePolicy({ policy }, { form: 'cc-init-data' }).value.length;
    // Another implementation of gzip: the same to a few bytes.
    expect(Math.abs(sizes.initdataAnnotation - initdata)).toBeLessThanOrEqual(8);
  });

  test('the longest lines come first', () => {
    expect(longestLines('a\nbbb\ncc', 2)).toEqual([
      { line: 2, bytes: 3 },
      { line: 3, bytes: 2 },
    ]);
  });
});
