import { expect, test } from 'vitest';
import { parseManifest, readManifests } from './manifest.ts';

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
  expect(objects.get('configMap/app')?.files.get('key')).toBe(
    Buffer.from('värde').toString('latin1'),
  );
});

test('a secret is decoded', () => {
  const { objects } = parseManifest(
    pod(container) +
      '---\nkind: Secret\nmetadata: {name: s}\ndata: {k: aGVq}\nstringData: {l: hi}\n',
    'pod.yaml',
  );
  expect([...(objects.get('secret/s')?.data ?? [])]).toEqual([
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
    note: 'nothing but other kinds',
    text: 'kind: Service',
    code: 'SHIM_INVALID_POD',
    at: {},
  },
  {
    note: 'a workload without a template',
    text: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n',
    code: 'SHIM_INVALID_POD',
    at: { line: 4 },
  },
  {
    note: 'an alias of nothing',
    text: pod(`${container}    args: *none`),
    code: 'SHIM_NOT_YAML',
    at: { line: 9 },
  },
  {
    note: 'a document that unfolds without end',
    text: `a: &a [${'x, '.repeat(60)}]\n${Array.from('bcdefg')
      .map((name, index) => `${name}: &${name} [${`*${'abcdef'[index]}, `.repeat(60)}]`)
      .join('\n')}\n${pod(container)}`,
    code: 'SHIM_NOT_YAML',
    at: {},
  },
  {
    note: 'two volumes at one path',
    text: pod(
      `${container}    volumeMounts: [{name: a, mountPath: /x}, {name: b, mountPath: /x}]\n  volumes: [{name: a, emptyDir: {}}, {name: b, emptyDir: {}}]`,
    ),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'propagation to the host without privileges',
    text: pod(
      `${container}    volumeMounts: [{name: a, mountPath: /x, mountPropagation: Bidirectional}]\n  volumes: [{name: a, emptyDir: {}}]`,
    ),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a sub-path and an expression of one',
    text: pod(
      `${container}    volumeMounts: [{name: a, mountPath: /x, subPath: y, subPathExpr: z}]\n  volumes: [{name: a, emptyDir: {}}]`,
    ),
    code: 'SHIM_INVALID_POD',
    at: { line: 9 },
  },
  {
    note: 'a secret that is not base64',
    text: `${pod(container)}---\nkind: Secret\nmetadata: {name: s}\ndata: {k: a-b}\n`,
    code: 'SHIM_INVALID_POD',
    at: {},
  },
  {
    note: 'a pod that is there twice',
    text: `${pod(container)}---\n${pod(container)}`,
    code: 'SHIM_INVALID_POD',
    at: {},
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
    note: 'a volume that nobody knows',
    text: pod(`${container}  volumes: [{name: h, hostPaht: {path: /}}]`),
    code: 'SHIM_UNKNOWN_FIELD',
    at: { line: 9 },
  },
  {
    note: 'a volume of two kinds',
    text: pod(`${container}  volumes: [{name: h, hostPath: {path: /}, emptyDir: {}}]`),
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

const messageOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

test.each([
  [pod('  containers:\n  - name: a'), 'spec.containers[0].image: Required value'],
  [
    pod(`${container}    args: [sleep, 36000]`),
    'spec.containers[0].args[1]: Invalid value: 36000: must be a string',
  ],
  [
    pod(`${container}    command: sleep`),
    'spec.containers[0].command: Invalid value: "sleep": must be an array',
  ],
  [
    pod(
      `${container}    volumeMounts: [{name: a, mountPath: /x}, {name: a, mountPath: /x}]\n  volumes: [{name: a}]`,
    ),
    'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/x": must be unique',
  ],
  [
    pod(`${container}    volumeMounts: [{name: a, mountPath: /x}]`),
    'spec.containers[0].volumeMounts[0].name: Not found: "a"',
  ],
  [
    pod(`${container}  restartPolicy: Sometimes`),
    'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
  ],
  [
    pod(`${container}  - name: web\n    image: nginx`),
    'spec.containers[1].name: Duplicate value: "web"',
  ],
])('errors are in the words of the API server: %#', (text, message) => {
  expect(messageOf(() => parseManifest(text, 'pod.yaml'))).toBe(message);
});

test('aliases and merge keys are what they stand for', () => {
  const { pods } = parseManifest(
    `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - &base
    name: web
    image: busybox
    env: &env [{name: A, value: one}]
    resources: {limits: &limits {cpu: 1, memory: 1Gi}}
  - <<: *base
    name: side
    env: *env
    resources: {limits: {<<: [*limits], cpu: 2}}
`,
    'pod.yaml',
  );
  const [web, side] = pods[0]!.containers;
  expect(side).toEqual({
    ...web,
    name: 'side',
    resources: { requests: {}, limits: { cpu: '2', memory: '1Gi' } },
  });
});

test('yes and 0400 are what kubectl reads', () => {
  const { pods } = parseManifest(
    pod(
      `${container}    stdin: yes\n    tty: off\n  volumes: [{name: c, configMap: {name: c, defaultMode: 0400}}]`,
    ),
    'pod.yaml',
  );
  expect(pods[0]?.containers[0]).toMatchObject({ stdin: true, tty: false });
  expect(pods[0]?.volumes[0]).toMatchObject({ defaultMode: 0o400 });
  expect(pods[0]?.object.spec['volumes']).toMatchObject([{ configMap: { defaultMode: 0o400 } }]);
});

test('several files are one manifest; other kinds are told and left out', () => {
  const { pods, objects, ignored } = readManifests([
    { file: 'pod.yaml', text: pod(container) },
    { file: 'cm.yaml', text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n' },
    { file: 'svc.yaml', text: '# a service\nkind: Service\nmetadata: {name: web}\n' },
  ]);
  expect(pods.map(({ name }) => name)).toEqual(['web']);
  expect([...objects.keys()]).toEqual(['configMap/app']);
  expect(ignored).toMatchObject([{ file: 'svc.yaml', line: 2, path: 'Service web' }]);
});

test.each([
  { note: 'the pod’s', own: '', options: { namespace: 'shop' }, want: 'shop' },
  { note: 'its own', own: 'a', options: {}, want: 'a' },
  { note: 'its own, asked for as well', own: 'a', options: { namespace: 'a' }, want: 'a' },
  { note: 'default', own: '', options: {}, want: 'default' },
])('the namespace is $note', ({ own, options, want }) => {
  const metadata = own === '' ? 'name: web' : `name: web\n  namespace: ${own}`;
  const [web] = parseManifest(pod(container, metadata), 'pod.yaml', options).pods;
  expect([web?.namespace, web?.object.metadata['namespace']]).toEqual([want, want]);
});

test('a manifest of another namespace than the one asked for is refused, in kubectl’s words', () => {
  const text = pod(container, 'name: web\n  namespace: a');
  expect(messageOf(() => parseManifest(text, 'pod.yaml', { namespace: 'b' }))).toBe(
    'the namespace from the provided object "a" does not match the namespace "b"',
  );
});

test.each([
  { own: 'true', account: 'false', want: true },
  { own: '', account: 'false', want: false },
  { own: 'false', account: 'true', want: false },
  { own: '', account: '', want: true },
])('token of a pod with "$own" whose account has "$account": $want', ({ own, account, want }) => {
  const field = (value: string): string =>
    value === '' ? '' : `automountServiceAccountToken: ${value}\n`;
  const [web] = parseManifest(
    `${pod(`${container}  serviceAccountName: robot\n  ${field(own)}`)}---\nkind: ServiceAccount\nmetadata: {name: robot}\n${field(account)}`,
    'pod.yaml',
  ).pods;
  expect(web?.serviceAccount).toEqual({ name: 'robot', automount: want });
});
