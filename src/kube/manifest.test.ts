import { expect, test } from 'vitest';
import { parseManifest } from './manifest.ts';

const pod = (spec: string, metadata = 'name: web') =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  ${metadata}\nspec:\n${spec}\n`;
const container = '  containers:\n  - name: web\n    image: busybox\n';

test('a pod with a volume finds the object behind it', () => {
  const { pods, objects } = parseManifest(
    pod(
      `${container}    volumeMounts: [{name: cfg, mountPath: /etc/app}]\n  volumes: [{name: cfg, configMap: {name: app}}]`,
    ) + '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {key: värde}\n',
    'pod.yaml',
  );
  expect(pods[0]).toMatchObject({ name: 'web', namespace: 'default', uid: undefined });
  expect(pods[0]?.containers[0]).toMatchObject({ image: 'busybox', stdin: false, tty: false });
  expect(objects.get('configMap/app')?.get('key')).toBe(Buffer.from('värde').toString('latin1'));
});

test('a secret is decoded', () => {
  const { objects } = parseManifest(
    pod(container) +
      '---\nkind: Secret\nmetadata: {name: s}\ndata: {k: aGVq}\nstringData: {l: hi}\n',
    'pod.yaml',
  );
  expect([...(objects.get('secret/s') ?? [])]).toEqual([
    ['k', 'hej'],
    ['l', 'hi'],
  ]);
});

test.each([
  { note: 'text that is not YAML', text: 'a: [1', code: 'SHIM_NOT_YAML', at: { line: 1 } },
  {
    note: 'a tab as indentation',
    text: 'kind: Pod\n\tname: x',
    code: 'SHIM_NOT_YAML',
    at: { line: 2 },
  },
  { note: 'an empty file', text: '', code: 'SHIM_INVALID_POD', at: {} },
  { note: 'a list', text: '- 1', code: 'SHIM_INVALID_POD', at: {} },
  {
    note: 'another kind',
    text: 'kind: Deployment',
    code: 'SHIM_INVALID_POD',
    at: { line: 1, column: 7 },
  },
  {
    note: 'a pod without containers',
    text: pod('  containers: []'),
    code: 'SHIM_INVALID_POD',
    at: { line: 6 },
  },
  {
    note: 'a pod without a spec',
    text: 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n',
    code: 'SHIM_INVALID_POD',
    at: { line: 1 },
  },
  {
    note: 'a container without an image',
    text: pod('  containers:\n  - name: a'),
    code: 'SHIM_INVALID_POD',
    at: { line: 7 },
  },
  {
    note: 'a command that is no list',
    text: pod(`${container}    command: sleep`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9, column: 14 },
  },
  {
    note: 'a number among the arguments',
    text: pod(`${container}    args: [sleep, 36000]`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9, column: 19 },
  },
  {
    note: 'a name in capitals',
    text: pod(container, 'name: Web'),
    code: 'SHIM_INVALID_POD',
    at: { line: 4, column: 9 },
  },
  {
    note: 'two containers of one name',
    text: pod(`${container}  - name: web\n    image: nginx`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a quantity that is none',
    text: pod(`${container}    resources: {limits: {cpu: lots}}`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a container that takes the name of an init container',
    text: pod(`  initContainers:\n  - name: web\n    image: nginx\n${container}`),
    code: 'SHIM_INVALID_POD',
    at: { line: 7 },
  },
  {
    note: 'a namespace that would leave its folder',
    text: pod(container, 'name: web\n  namespace: ../x'),
    code: 'SHIM_INVALID_POD',
    at: { line: 5 },
  },
  {
    note: 'a uid that would leave its folder',
    text: pod(container, 'name: web\n  uid: a/b'),
    code: 'SHIM_INVALID_POD',
    at: { line: 5 },
  },
  {
    note: 'a negative quantity',
    text: pod(`${container}    resources: {limits: {cpu: -1}}`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a field of the pod that nobody may read',
    text: pod(`${container}    env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.foo}}}]`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9, column: 55 },
  },
  {
    note: 'all labels in one variable',
    text: pod(
      `${container}    env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]`,
    ),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a value and a source of it',
    text: pod(
      `${container}    env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]`,
    ),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a word that kubectl reads as a boolean',
    text: pod(`${container}    env: [{name: A, value: yes}]`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9, column: 28 },
  },
  {
    note: 'a mode in decimal that is none',
    text: pod(`${container}  volumes: [{name: s, secret: {secretName: s, defaultMode: 644}}]`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a volume item that leaves its volume',
    text: pod(
      `${container}  volumes: [{name: s, secret: {secretName: s, items: [{key: a, path: ../a}]}}]`,
    ),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a volume of the host',
    text: pod(`${container}  volumes: [{name: h, hostPath: {path: /}}]`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a sidecar',
    text: pod(`${container}    restartPolicy: Always`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a restart policy that is none',
    text: pod(`${container}  restartPolicy: Sometimes`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a probe without a handler',
    text: pod(`${container}    livenessProbe: {periodSeconds: 1}`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a probe of a port without a name',
    text: pod(`${container}    livenessProbe: {tcpSocket: {port: web}}`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a probe that never waits',
    text: pod(`${container}    livenessProbe: {exec: {command: [id]}, periodSeconds: 0}`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a mount without its volume',
    text: pod(`${container}    volumeMounts: [{name: x, mountPath: /x}]`),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
])('$note is refused where it stands', ({ text, code, at }) => {
  let thrown: unknown;
  try {
    parseManifest(text, 'pod.yaml');
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code, location: { file: 'pod.yaml', ...at } });
  expect((thrown as { hint: string }).hint).not.toBe('');
});

test('a quantity may stand in YAML as a number, whole or not', () => {
  const { pods } = parseManifest(
    pod(`${container}    resources: {limits: {cpu: 0.5, memory: 1e9}}`),
    'pod.yaml',
  );
  expect(pods[0]?.containers[0]?.resources.limits).toEqual({ cpu: '0.5', memory: '1e9' });
});
