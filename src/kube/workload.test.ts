import { expect, test } from 'vitest';
import { parseManifest } from './manifest.ts';

const TEMPLATE = `metadata: {labels: {app: web}, annotations: {note: hi}}
spec: {containers: [{name: web, image: busybox}]}`;

const indent = (text: string, by: number): string => text.replaceAll(/^/gm, ' '.repeat(by));

function podOf(kind: string, { spec = '', metadata = 'name: web, namespace: shop' } = {}) {
  const isCron = kind === 'CronJob';
  const text = `apiVersion: apps/v1
kind: ${kind}
metadata: {${metadata}}
spec:
  ${spec}
${isCron ? '  jobTemplate:\n    spec:\n' : ''}${indent(`template:\n${indent(TEMPLATE, 2)}`, isCron ? 6 : 2)}
`;
  return parseManifest(text, 'web.yaml').pods[0]!;
}

/** No vowels, as Kubernetes makes them. */
const LETTERS = '[bcdfghjklmnpqrstvwxz2456789]';

test.each([
  ['Deployment', `^web-${LETTERS}{10}-${LETTERS}{5}$`],
  ['ReplicaSet', `^web-${LETTERS}{5}$`],
  ['ReplicationController', `^web-${LETTERS}{5}$`],
  ['DaemonSet', `^web-${LETTERS}{5}$`],
  ['Job', `^web-${LETTERS}{5}$`],
  ['CronJob', `^web-[0-9]{8}-${LETTERS}{5}$`],
  ['StatefulSet', '^web-0$'],
])('the template of a %s becomes a pod named %s', (kind, name) => {
  const pod = podOf(kind);
  expect(pod.name).toMatch(new RegExp(name));
  expect(pod).toMatchObject({
    namespace: 'shop',
    annotations: { note: 'hi' },
    labels: { app: 'web' },
    containers: [{ name: 'web' }],
  });
  // The same manifest names the same pod.
  expect(podOf(kind).name).toBe(pod.name);
  expect(pod.object).toMatchObject({
    kind: 'Pod',
    metadata: { name: pod.name, namespace: 'shop' },
  });
});

test('another template makes another hash, and the label has it', () => {
  const [one, two] = ['1', '2'].map((replicas) =>
    podOf('Deployment', { spec: `replicas: ${replicas}` }),
  );
  expect(one!.name).not.toBe(two!.name);
  expect(one!.name).toContain(`web-${one!.labels['pod-template-hash']}-`);
});

test('a long name is cut before the random part', () => {
  const { name } = podOf('Job', { metadata: `name: ${'a'.repeat(63)}` });
  expect(name).toHaveLength(63);
});

test('claims of a StatefulSet are volumes of its pod', () => {
  const spec = 'volumeClaimTemplates: [{metadata: {name: www}, spec: {}}]';
  const pod = podOf('StatefulSet', { spec });
  expect(pod.volumes).toMatchObject([{ kind: 'node', name: 'www' }]);
  expect(pod.object.spec['volumes']).toEqual([
    { name: 'www', persistentVolumeClaim: { claimName: 'www-web-0' } },
  ]);
});

test('generateName gets five characters', () => {
  const text =
    'apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-}\nspec: {containers: [{name: a, image: busybox}]}\n';
  expect(parseManifest(text, 'web.yaml').pods[0]!.name).toMatch(new RegExp(`^web-${LETTERS}{5}$`));
});

test('errors in a template name the way to it', () => {
  const text =
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web}]}}}\n';
  expect(() => parseManifest(text, 'web.yaml')).toThrow(
    'spec.template.spec.containers[0].image: Required value',
  );
});

test.each(['List', 'PodList'])('a %s is its items', (kind) => {
  const item = (name: string) => ({
    ...(kind === 'List' && { kind: 'Pod' }),
    apiVersion: 'v1',
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'busybox' }] },
  });
  const text = JSON.stringify({ apiVersion: 'v1', kind, items: [item('one'), item('two')] });
  expect(parseManifest(text, 'pods.json').pods.map(({ name }) => name)).toEqual(['one', 'two']);
});
