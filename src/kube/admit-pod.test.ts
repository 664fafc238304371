import { expect, test } from 'vitest';
import { admitPod, readPodObject } from './admit-pod.ts';
import { parseManifest } from './manifest.ts';

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

const admitted = (spec: string) => {
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec: ${spec}\n`;
  return admitPod(parseManifest(text, 'pod.yaml').pods[0]!, { suffix: 'abcde' });
};

test('a pod gets the defaults of the API server and the token of its service account', () => {
  const { spec, metadata } = admitted('{containers: [{name: web, image: "busybox:1.36"}]}');
  expect(metadata).toEqual({ name: 'web', namespace: 'shop' });
  expect(spec).toMatchObject({
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    serviceAccountName: 'default',
    terminationGracePeriodSeconds: 30,
    tolerations: [
      { key: 'node.kubernetes.io/not-ready', tolerationSeconds: 300 },
      { key: 'node.kubernetes.io/unreachable', tolerationSeconds: 300 },
    ],
    containers: [
      {
        imagePullPolicy: 'IfNotPresent',
        resources: {},
        volumeMounts: [{ name: 'kube-api-access-abcde', readOnly: true, mountPath: TOKEN_PATH }],
      },
    ],
    volumes: [{ name: 'kube-api-access-abcde', projected: { defaultMode: 0o644 } }],
  });
});

test('the node reads it as a volume of three files', () => {
  const pod = readPodObject(admitted('{containers: [{name: web, image: busybox}]}'));
  expect(pod).toMatchObject({ name: 'web', namespace: 'shop' });
  expect(pod.volumes).toMatchObject([
    {
      kind: 'files',
      sources: [
        { kind: 'token', path: 'token', expirationSeconds: 3607 },
        { kind: 'object', object: 'configMap/kube-root-ca.crt' },
        { kind: 'downward', items: [{ path: 'namespace' }] },
      ],
    },
  ]);
});

test.each([
  [
    'the pod does not want one',
    '{automountServiceAccountToken: false, containers: [{name: web, image: busybox}]}',
  ],
  [
    'something is mounted at its path',
    `{containers: [{name: web, image: busybox, volumeMounts: [{name: own, mountPath: ${TOKEN_PATH}}]}], volumes: [{name: own, emptyDir: {}}]}`,
  ],
])('no token is added when %s', (_note, spec) => {
  const volumes = readPodObject(admitted(spec)).volumes.map(({ name }) => name);
  expect(volumes).not.toContain('kube-api-access-abcde');
});

test('a limit is a request where there is none', () => {
  const { spec } = admitted(
    '{containers: [{name: web, image: busybox, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}}]}',
  );
  expect(spec['containers']).toMatchObject([
    { resources: { requests: { cpu: '500m', memory: '1Gi' } } },
  ]);
});

test('an admitted pod stays as it is', () => {
  const first = admitted('{containers: [{name: web, image: busybox}]}');
  const again = admitPod(readPodObject(first), { suffix: 'fghij' });
  expect(again).toEqual(first);
});
