/** Whatever the bytes are: a corpus, or one error with a place. */
import fc from 'fast-check';
import { KatasimError } from '#base';
import { expect, it } from 'vitest';
import { readCorpus } from './read-corpus.ts';

const VALID = [
  '[{"description": "d", "allowed": true, "kind": "ExecProcessRequest", "request": {"process": {"Args": ["a"]}}}]',
  '{"bases": {"b": {"kind": "ListRoutesRequest", "request": {}}},\n "cases": [{"description": "d", "base": "b", "allowed": false, "patch": []}]}',
  'bases:\n  b: &b {kind: ExecProcess, request: {container_id: x}}\ncases:\n- {base: b, verdict: deny, message: /x/}\n- <<: *b\n  allowed: true\n',
  '{"kind":"ExecProcessRequest","request":{"n":18446744073709551615}}\n{"kind":"ExecProcessRequest","request":{"allowed":true,"ops":[]}}\n',
  '["ep":"ExecProcessRequest",{"a":1}],\n\n["ep":"ListRoutesRequest",{}],\n',
  '{"decision_id":"1","path":"agent_policy/ExecProcessRequest","input":{},"masked":["/input/a"],"result":true}\n',
].map((text) => Buffer.from(text));

function outcome(bytes: Uint8Array, keepGoing: boolean): void {
  try {
    for (const { endpoint, place } of readCorpus(bytes, 'f', { keepGoing }).entries) {
      expect(endpoint).not.toBe('');
      expect(place.line).toBeGreaterThan(0);
    }
  } catch (error) {
    if (!(error instanceof KatasimError)) throw error;
    expect(error.code).toMatch(/^CORPUS_/);
    expect(error.location?.line).toBeGreaterThan(0);
  }
}

it('any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), outcome), {
    numRuns: 300,
  });
});

it('every form with bytes cut out, put in and changed', () => {
  const edit = fc.record({
    at: fc.nat(400),
    remove: fc.nat(30),
    insert: fc.uint8Array({ maxLength: 6 }),
  });
  const mutated = fc
    .tuple(fc.constantFrom(...VALID), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([text, edits]) =>
      edits.reduce<Buffer>(
        (bytes, { at, remove, insert }) =>
          Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]),
        text,
      ),
    );
  fc.assert(fc.property(mutated, fc.boolean(), outcome), { numRuns: 1_500 });
});

it('every form cut anywhere', () => {
  for (const text of VALID) {
    for (let end = 0; end <= text.length; end++) outcome(text.subarray(0, end), false);
  }
});
