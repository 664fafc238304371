import { expect, test } from 'vitest';
import { parseManifest } from './manifest.ts';

const podOf = (lines: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: busybox\n${lines}`;

function thrownBy(text: string): unknown {
  try {
    parseManifest(text, 'pod.yaml');
  } catch (error) {
    return error;
  }
  return undefined;
}

test('a misspelled field is refused in the API server’s words, with its line and the nearest name', () => {
  expect(thrownBy(podOf('    comand: [id]\n'))).toMatchObject({
    code: 'SHIM_UNKNOWN_FIELD',
    message:
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].comand"',
    hint: 'Did you mean command?',
    location: { file: 'pod.yaml', line: 8, column: 5 },
  });
});

test('all unknown fields are told at once, each with its line', () => {
  expect(
    thrownBy(podOf('    env: [{nam: A}]\n    livenesProbe: {}\n  hostnetwork: true\nfoo: 1\n')),
  ).toMatchObject({
    message: expect.stringMatching(
      /strict decoding error: unknown field "spec\.containers\[0\]\.env\[0\]\.nam", unknown field "spec\.containers\[0\]\.livenesProbe", unknown field "spec\.hostnetwork", unknown field "foo"$/,
    ) as unknown,
    excerpt: [
      'line 8: spec.containers[0].env[0].nam: Did you mean name?',
      'line 9: spec.containers[0].livenesProbe: Did you mean livenessProbe?',
      'line 10: spec.hostnetwork: Did you mean hostNetwork?',
      'line 11: foo: Known here: apiVersion, kind, metadata, spec, status.',
    ],
  });
});

test.each([
  { note: 'a ConfigMap', text: '---\nkind: ConfigMap\nmetadata: {name: a}\ndat: {}\n' },
  { note: 'a Secret', text: '---\nkind: Secret\nmetadata: {name: a}\nstringDate: {}\n' },
  { note: 'the metadata', text: '---\nkind: Secret\nmetadata: {name: a, anotations: {}}\n' },
])('$note is checked, too', ({ text }) => {
  expect(thrownBy(podOf(text))).toMatchObject({ code: 'SHIM_UNKNOWN_FIELD' });
});

test.each([
  { field: 'hostNetwork: true', because: 'a pod VM is a machine of its own' },
  { field: 'dnsPolicy: None', because: 'resolv.conf is that of ClusterFirst' },
  { field: 'nodeSelector: {disk: ssd}', because: /one node/ },
])('$field is known and told to be ignored', ({ field, because }) => {
  const { ignored } = parseManifest(podOf(`  ${field}\n`), 'pod.yaml');
  const path = `spec.${field.split(':')[0] ?? ''}`;
  expect(ignored).toEqual([
    { file: 'pod.yaml', line: 8, path, because: expect.stringMatching(because) as unknown },
  ]);
});

test('what a cluster fills in by default is not worth a word', () => {
  const text = podOf(
    [
      '    imagePullPolicy: Always',
      '    terminationMessagePolicy: File',
      '    resources: {}',
      '  dnsPolicy: ClusterFirst',
      '  enableServiceLinks: true',
      '  priority: 0',
      '  schedulerName: default-scheduler',
      '  serviceAccountName: default',
      '  hostNetwork: false',
      '  tolerations: []',
      'status: {phase: Pending}',
      '',
    ].join('\n'),
  );
  expect(parseManifest(text, 'pod.yaml').ignored).toEqual([]);
});
