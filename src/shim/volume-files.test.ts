import { expect, test } from 'vitest';
import { systemClock } from '#base';
import { parseManifest } from '#kube';
import { volumeFiles } from './volume-files.ts';

const OBJECTS = `---
kind: ConfigMap
metadata: {name: app}
data: {one: "1", two: "2"}
binaryData: {raw: /w==}
---
kind: Secret
metadata: {name: key}
stringData: {token: t0p}
`;

function filesOf(volume: string, mount = 'mountPath: /v') {
  const { pods, objects } = parseManifest(
    `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {b: two, a: one}}
spec:
  containers: [{name: web, image: busybox, volumeMounts: [{name: v, ${mount}}]}]
  volumes: [{name: v, ${volume}}]
${OBJECTS}`,
    'pod.yaml',
  );
  const [pod] = pods;
  const context = { pod: pod!, podUid: 'u', podIp: '10.0.0.1', objects, clock: systemClock };
  const found = pod!.volumes[0]!;
  if (found.kind !== 'files') throw new Error('the volume has files');
  const options = ['rbind', 'rprivate', 'ro'];
  const [file] = volumeFiles(found, { ...pod!.containers[0]!.volumeMounts[0]!, options }, context);
  return file!;
}

/** `path mode content` of each file. */
const listOf = (volume: string): readonly string[] =>
  [...(filesOf(volume).files ?? [])].map(
    ([path, { mode, content }]) => `${path} ${(mode & 0o777).toString(8)} ${content}`,
  );

test.each([
  {
    note: 'every key of a ConfigMap, binary ones too',
    volume: 'configMap: {name: app}',
    want: ['one 644 1', 'two 644 2', 'raw 644 \u00ff'],
  },
  {
    note: 'single keys under paths and modes of their own',
    volume:
      'configMap: {name: app, defaultMode: 0640, items: [{key: two, path: d/e/two}, {key: one, path: one, mode: 0400}]}',
    want: ['d/e/two 640 2', 'one 400 1'],
  },
  {
    note: 'a mode in decimal',
    volume: 'secret: {secretName: key, defaultMode: 256}',
    want: ['token 400 t0p'],
  },
  {
    note: 'nothing of an optional object that is missing',
    volume: 'secret: {secretName: nosuch, optional: true}',
    want: [],
  },
  {
    note: 'the pod itself',
    volume:
      'downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}, {path: name, fieldRef: {fieldPath: metadata.name}}, {path: cpu, resourceFieldRef: {containerName: web, resource: limits.cpu}}]}',
    want: ['labels 644 a="one"\nb="two"', 'name 644 web', 'cpu 644 4'],
  },
  {
    note: 'several sources in one directory',
    volume:
      'projected: {defaultMode: 0444, sources: [{configMap: {name: app, items: [{key: one, path: one}]}}, {secret: {name: key}}, {downwardAPI: {items: [{path: name, fieldRef: {fieldPath: metadata.name}}]}}]}',
    want: ['one 444 1', 'token 444 t0p', 'name 444 web'],
  },
])('a volume holds $note', ({ volume, want }) => {
  expect(listOf(volume)).toEqual(want);
});

test('one key mounted as a file has the mode of its item', () => {
  const volume = 'configMap: {name: app, items: [{key: one, path: a/one, mode: 0600}]}';
  expect(filesOf(volume, 'mountPath: /etc/one, subPath: ./a/one')).toMatchObject({
    destination: '/etc/one',
    content: '1',
    mode: 0o100600,
  });
});

test('an item that names a missing key is told as the kubelet tells it', () => {
  expect(() => filesOf('configMap: {name: app, items: [{key: nosuch, path: x}]}')).toThrow(
    'MountVolume.SetUp failed for volume "v" : configmap "app" references non-existent config key: nosuch',
  );
});
