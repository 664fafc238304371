import { expect, test } from 'vitest';
import { resolveContainer } from './environment.ts';
import { systemClock } from '#base';
import { expand, parseManifest } from '#kube';

/** The first container of a pod, resolved; `objects` are further documents of the manifest. */
function resolve(container: string, objects = '') {
  const { pods, objects: found } = parseManifest(
    `apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: cart}, annotations: {note: hi}}
spec:
  containers:
  - {name: web, image: busybox, ${container}}
  - {name: side, image: busybox, resources: {limits: {cpu: 1500m}, requests: {memory: 1Gi}}}
${objects}`,
    'pod.yaml',
  );
  const [pod] = pods;
  return resolveContainer(pod!.containers[0]!, {
    pod: pod!,
    podUid: 'uid-1',
    podIp: '10.244.1.21',
    objects: found,
    clock: systemClock,
  });
}

const envOf = (container: string, objects?: string): Readonly<Record<string, string>> =>
  Object.fromEntries(resolve(container, objects).env.map(({ name, value }) => [name, value]));

test.each([
  ['metadata.name', 'web'],
  ['metadata.namespace', 'shop'],
  ['metadata.uid', 'uid-1'],
  ["metadata.labels['app']", 'cart'],
  ["metadata.labels['none']", ''],
  ["metadata.annotations['note']", 'hi'],
  ['spec.nodeName', 'worker'],
  ['spec.serviceAccountName', 'default'],
  ['status.hostIP', '10.244.1.1'],
  ['status.podIP', '10.244.1.21'],
])('fieldRef %s is %j', (path, want) => {
  const env = envOf(`env: [{name: A, valueFrom: {fieldRef: {fieldPath: "${path}"}}}]`);
  expect(env['A']).toBe(want);
});

test.each([
  { note: 'a limit, in whole CPUs', ref: 'resource: limits.cpu', want: '2' },
  { note: 'a limit in thousandths', ref: 'resource: limits.cpu, divisor: 1m', want: '1500' },
  { note: 'a request', ref: 'resource: requests.memory, divisor: 1Mi', want: '1024' },
  { note: 'a request that follows the limit', ref: 'resource: requests.cpu', want: '2' },
  { note: 'no limit: the node’s memory', ref: 'resource: limits.memory', want: '17179869184' },
  { note: 'no request', ref: 'resource: requests.ephemeral-storage', want: '0' },
])('resourceFieldRef: $note is $want', ({ ref, want }) => {
  const env = envOf(
    `env: [{name: A, valueFrom: {resourceFieldRef: {containerName: side, ${ref}}}}]`,
  );
  expect(env['A']).toBe(want);
});

const OBJECTS = `---
kind: ConfigMap
metadata: {name: app}
data: {mode: fast, LEVEL: värde}
---
kind: Secret
metadata: {name: key}
stringData: {token: t0p}
`;

test('keys of objects and whole objects become variables; single ones win', () => {
  const env = envOf(
    `envFrom: [{configMapRef: {name: app}}, {prefix: S_, secretRef: {name: key}}],
     env: [{name: mode, value: slow}, {name: T, valueFrom: {secretKeyRef: {name: key, key: token}}}]`,
    OBJECTS,
  );
  expect(env).toMatchObject({ mode: 'slow', LEVEL: 'värde', S_token: 't0p', T: 't0p' });
});

test.each([
  {
    note: 'a missing object',
    container: 'envFrom: [{configMapRef: {name: nosuch}}]',
    message: 'configmap "nosuch" not found',
  },
  {
    note: 'a missing key',
    container: 'env: [{name: A, valueFrom: {secretKeyRef: {name: key, key: nosuch}}}]',
    message: "couldn't find key nosuch in Secret shop/key",
  },
])('$note is told as the kubelet tells it', ({ container, message }) => {
  expect(() => resolve(container, OBJECTS)).toThrow(message);
});

test('what is optional and missing is left out', () => {
  const env = envOf(
    `envFrom: [{configMapRef: {name: nosuch, optional: true}}],
     env: [{name: A, valueFrom: {configMapKeyRef: {name: app, key: nosuch, optional: true}}}]`,
    OBJECTS,
  );
  expect(env).not.toHaveProperty('A');
});

test('variables are expanded in values, command and arguments', () => {
  const { command, args, env } = resolve(
    `env: [{name: A, value: one}, {name: B, value: "$(A)-two"}, {name: C, value: "$(D)"}, {name: D, value: x}],
     command: [echo, "$(B)"], args: ["$(KUBERNETES_SERVICE_PORT)", "$$(A)", "$(NOSUCH)", "$A"]`,
  );
  expect(command).toEqual(['echo', 'one-two']);
  expect(args).toEqual(['443', '$(A)', '$(NOSUCH)', '$A']);
  // Only what stands before it is known.
  expect(env).toContainEqual({ name: 'C', value: '$(D)' });
});

test('a pod keeps its own value of a service variable', () => {
  const env = envOf('env: [{name: KUBERNETES_SERVICE_HOST, value: api.local}]');
  expect(env).toMatchObject({
    KUBERNETES_SERVICE_HOST: 'api.local',
    KUBERNETES_SERVICE_PORT: '443',
  });
});

test.each([
  ['$(A)$(A)', '11'],
  ['$$$(A)', '$1'],
  ['$(A', '$(A'],
  ['$', '$'],
  ['$()', '$()'],
  ['a$$b', 'a$b'],
])('%j expands to %j', (text, want) => {
  expect(expand(text, new Map([['A', '1']]))).toBe(want);
});
