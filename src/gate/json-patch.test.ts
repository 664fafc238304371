/** RFC 6902, by its own examples, and the agent's error texts. */
import { describe, expect, test } from 'vitest';
import { applyPatch, type PatchOperation } from './json-patch.ts';
import type { Json } from '#wire';

const cases: { note: string; doc: Json; patch: PatchOperation[]; want: Json | string }[] = [
  {
    note: 'add a member',
    doc: { foo: 'bar' },
    patch: [{ op: 'add', path: '/baz', value: 'qux' }],
    want: { baz: 'qux', foo: 'bar' },
  },
  {
    note: 'add an item',
    doc: { foo: ['a', 'b'] },
    patch: [{ op: 'add', path: '/foo/1', value: 'x' }],
    want: { foo: ['a', 'x', 'b'] },
  },
  {
    note: 'add at the end',
    doc: { foo: ['a'] },
    patch: [{ op: 'add', path: '/foo/-', value: ['b'] }],
    want: { foo: ['a', ['b']] },
  },
  {
    note: 'add at the length',
    doc: ['a'],
    patch: [{ op: 'add', path: '/1', value: 'b' }],
    want: ['a', 'b'],
  },
  {
    note: 'add over a member',
    doc: { a: 1 },
    patch: [{ op: 'add', path: '/a', value: null }],
    want: { a: null },
  },
  {
    note: 'remove a member',
    doc: { a: 1, b: 2 },
    patch: [{ op: 'remove', path: '/a' }],
    want: { b: 2 },
  },
  { note: 'remove an item', doc: [1, 2, 3], patch: [{ op: 'remove', path: '/1' }], want: [1, 3] },
  {
    note: 'replace',
    doc: { a: 1 },
    patch: [{ op: 'replace', path: '/a', value: 2 }],
    want: { a: 2 },
  },
  {
    note: 'replace the whole document',
    doc: { a: 1 },
    patch: [{ op: 'replace', path: '', value: [] }],
    want: [],
  },
  {
    note: 'move a member',
    doc: { a: { b: 1 }, c: {} },
    patch: [{ op: 'move', from: '/a/b', path: '/c/d' }],
    want: { a: {}, c: { d: 1 } },
  },
  {
    note: 'move an item',
    doc: [1, 2, 3],
    patch: [{ op: 'move', from: '/0', path: '/2' }],
    want: [2, 3, 1],
  },
  {
    note: 'copy',
    doc: { a: 1 },
    patch: [{ op: 'copy', from: '/a', path: '/b' }],
    want: { a: 1, b: 1 },
  },
  {
    note: 'test',
    doc: { a: { x: 1, y: [2] } },
    patch: [{ op: 'test', path: '/a', value: { y: [2], x: 1 } }],
    want: { a: { x: 1, y: [2] } },
  },
  {
    note: 'escapes',
    doc: { 'a/b': 1, 'm~n': 2 },
    patch: [
      { op: 'remove', path: '/a~1b' },
      { op: 'remove', path: '/m~0n' },
    ],
    want: {},
  },
  {
    note: 'a member called __proto__',
    doc: {},
    patch: [{ op: 'add', path: '/__proto__', value: 1 }],
    want: JSON.parse('{"__proto__":1}') as Json,
  },
  {
    note: 'remove nothing',
    doc: {},
    patch: [{ op: 'remove', path: '/a' }],
    want: "operation '/0' failed at path '/a': path is invalid",
  },
  {
    note: 'replace nothing',
    doc: {},
    patch: [{ op: 'replace', path: '/a', value: 1 }],
    want: "operation '/0' failed at path '/a': path is invalid",
  },
  {
    note: 'add without parent',
    doc: {},
    patch: [{ op: 'add', path: '/a/b', value: 1 }],
    want: "operation '/0' failed at path '/a/b': path is invalid",
  },
  {
    note: 'add past the end',
    doc: [],
    patch: [{ op: 'add', path: '/1', value: 1 }],
    want: "operation '/0' failed at path '/1': path is invalid",
  },
  {
    note: 'a leading zero',
    doc: [1, 2],
    patch: [{ op: 'remove', path: '/01' }],
    want: "operation '/0' failed at path '/01': path is invalid",
  },
  {
    note: 'no slash',
    doc: {},
    patch: [{ op: 'add', path: 'a', value: 1 }],
    want: "operation '/0' failed at path 'a': path is invalid",
  },
  {
    note: 'a test that fails',
    doc: { a: 1 },
    patch: [{ op: 'test', path: '/a', value: '1' }],
    want: "operation '/0' failed at path '/a': value did not match",
  },
  {
    note: 'copy from nothing',
    doc: {},
    patch: [{ op: 'copy', from: '/a', path: '/b' }],
    want: `operation '/0' failed at path '/b': "from" path is invalid`,
  },
  {
    note: 'move into itself',
    doc: { a: {} },
    patch: [{ op: 'move', from: '/a', path: '/a/b' }],
    want: "operation '/0' failed at path '/a/b': cannot move the value inside itself",
  },
  {
    note: 'through a scalar',
    doc: { a: 1 },
    patch: [{ op: 'add', path: '/a/b', value: 1 }],
    want: "operation '/0' failed at path '/a/b': path is invalid",
  },
];

describe('a patch', () => {
  test.each(cases)('$note', ({ doc, patch, want }) => {
    const before = JSON.stringify(doc);
    const result = applyPatch(doc, patch);
    if (result.ok) expect(result.document).toEqual(want);
    else expect(result.error).toBe(want);
    expect(JSON.stringify(doc)).toBe(before);
  });

  test('applies all or nothing', () => {
    const doc = { a: 1 };
    const patch: PatchOperation[] = [
      { op: 'add', path: '/b', value: 2 },
      { op: 'remove', path: '/none' },
    ];
    expect(applyPatch(doc, patch)).toEqual({
      ok: false,
      error: "operation '/1' failed at path '/none': path is invalid",
    });
    expect(doc).toEqual({ a: 1 });
  });
});
