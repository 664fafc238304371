/** Right values are those of gopkg.in/yaml.v2 2.4.0, UnmarshalStrict into process-user-data's structs. */
import { expect, test } from 'vitest';
import { parseUserData } from './user-data.ts';

const first = (content: string): string | undefined =>
  parseUserData(`write_files:\n- path: a\n  content: ${content}\n`)[0]?.content;

test.each([
  { yaml: '5', content: '5' },
  { yaml: '1.50', content: '1.50' },
  { yaml: '0755', content: '0755' },
  { yaml: 'yes', content: 'yes' },
  { yaml: '2026-12-01', content: '2026-12-01' },
  { yaml: '~', content: '' },
  { yaml: '', content: '' },
  { yaml: '"~"', content: '~' },
  { yaml: '!!str 5', content: '5' },
  { yaml: '!!binary aGVsbG8=', content: 'hello' },
  { yaml: '!custom x', content: 'x' },
  { yaml: '|-\n    a\n    b', content: 'a\nb' },
  { yaml: '\t"x"', content: 'x' },
])('content: $yaml is "$content"', ({ yaml, content }) => {
  expect(first(yaml)).toBe(content);
});

test.each([
  { note: 'no document', text: '', files: [] },
  { note: 'a comment alone', text: '#cloud-config\n', files: [] },
  { note: 'null', text: '--- ~\n', files: [] },
  { note: 'write_files of null', text: 'write_files:\n', files: [] },
  { note: 'a null element', text: 'write_files: [~]\n', files: [{ path: '', content: '' }] },
  { note: 'no content', text: 'write_files: [{path: a}]\n', files: [{ path: 'a', content: '' }] },
  {
    note: 'the first of several documents',
    text: 'write_files: [{path: a, content: b}]\n---\nbroken: [\n',
    files: [{ path: 'a', content: 'b' }],
  },
  {
    note: 'anchors',
    text: 'write_files: [{path: &p a, content: x}, {path: *p, content: y}]\n',
    files: [
      { path: 'a', content: 'x' },
      { path: 'a', content: 'y' },
    ],
  },
  {
    note: 'merges',
    text: 'write_files:\n- &f {path: a, content: x}\n- <<: *f\n  content: y\n- <<: [{content: z}, *f]\n',
    files: [
      { path: 'a', content: 'x' },
      { path: 'a', content: 'y' },
      { path: 'a', content: 'z' },
    ],
  },
])('accepted: $note', ({ text, files }) => {
  expect(parseUserData(text)).toEqual(files);
});

test.each([
  {
    text: 'write_files:\n- path: a\n  owner: root\nruncmd: []\n',
    error:
      'unmarshal errors:\n  line 3: field owner not found in type userdata.WriteFile\n  line 4: field runcmd not found in type userdata.CloudConfig',
  },
  {
    text: 'write_files:\n- path: a\n  path: b\n',
    error: 'unmarshal errors:\n  line 3: field path already set in type userdata.WriteFile',
  },
  {
    text: 'Write_Files: []\n',
    error: 'unmarshal errors:\n  line 1: field Write_Files not found in type userdata.CloudConfig',
  },
  {
    text: '- a\n',
    error: 'unmarshal errors:\n  line 1: cannot unmarshal !!seq into userdata.CloudConfig',
  },
  {
    text: 'hello world\n',
    error:
      'unmarshal errors:\n  line 1: cannot unmarshal !!str `hello w...` into userdata.CloudConfig',
  },
  {
    text: 'write_files: {a: b}\n',
    error: 'unmarshal errors:\n  line 1: cannot unmarshal !!map into []userdata.WriteFile',
  },
  {
    text: 'write_files: [5, true, 1.5, 2026-12-01]\n',
    error:
      'unmarshal errors:\n  line 1: cannot unmarshal !!int `5` into userdata.WriteFile\n  line 1: cannot unmarshal !!bool `true` into userdata.WriteFile\n  line 1: cannot unmarshal !!float `1.5` into userdata.WriteFile\n  line 1: cannot unmarshal !!timestamp `2026-12-01` into userdata.WriteFile',
  },
  {
    text: 'write_files: [{path: [a]}]\n',
    error: 'unmarshal errors:\n  line 1: cannot unmarshal !!seq into string',
  },
  { text: 'write_files: !!int abc\n', error: 'cannot decode !!str `abc` as a !!int' },
  {
    text: 'write_files: [{content: !!binary "a"}]\n',
    error: '!!binary value contains invalid base64 data',
  },
  { text: '<<: x\n', error: 'map merge requires map or sequence of maps as the value' },
  { text: '&a\n<<: *a\n', error: "anchor 'a' value contains itself" },
])('refused: $error', ({ text, error }) => {
  expect(() => parseUserData(text)).toThrow(
    expect.objectContaining({ message: `failed to parse user data: yaml: ${error}` }) as Error,
  );
});

test('aliases that multiply are bounded', () => {
  const levels = Array.from({ length: 7 }, (_, i) =>
    i === 0 ? 'a0: &a0 [{path: x}]' : `a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`,
  );
  expect(() => parseUserData(`${levels.join('\n')}\nwrite_files: *a6\n`)).toThrow();
});
