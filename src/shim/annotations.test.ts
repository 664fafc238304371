import { expect, test } from 'vitest';
import { encodeInitdata, INITDATA_ANNOTATION, INITDATA_ANNOTATION_OLD } from '#initdata';
import { createVmAnnotations, POLICY_ANNOTATION, readAnnotations } from './annotations.ts';
import { parseManifest } from '#kube';

const podOf = (annotations: Readonly<Record<string, string>>, spec: object = {}) =>
  parseManifest(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', annotations },
      spec: { containers: [{ name: 'main', image: 'busybox' }], ...spec },
    }),
    'web.yaml',
  ).pods[0]!;

const read = (annotations: Readonly<Record<string, string>>, enabled?: readonly string[]) =>
  readAnnotations(podOf(annotations), { enabled });

const toml = 'algorithm = "sha256"\nversion = "0.1.0"\n\n[data]\n"aa.toml" = \'\'\n';

test('the policy is plain base64, line breaks and all', () => {
  const policy = 'package agent_policy\n# größer als ASCII\n';
  const text = Buffer.from(policy)
    .toString('base64')
    .replace(/(.{20})/g, '$1\n');
  expect(read({ [POLICY_ANNOTATION]: text }).policy).toBe(policy);
  expect(read({ [POLICY_ANNOTATION]: '' }).policy).toBeUndefined();
  expect(read({}).policy).toBeUndefined();
});

// The byte is the one that Go's encoding/base64 names.
test.each([
  { note: 'a character outside the alphabet', text: 'YWJ-', byte: 3 },
  { note: 'the same behind a line break', text: 'YW\nJ-', byte: 4 },
  { note: 'text that ends inside a group', text: 'YWJjZA', byte: 4 },
  { note: 'padding that comes too early', text: 'Y===', byte: 1 },
  { note: 'padding that is not complete', text: 'YQ=', byte: 3 },
  { note: 'padding with something between', text: 'YQ=a', byte: 2 },
  { note: 'text behind the padding', text: 'YQ==YQ==', byte: 4 },
  { note: 'the URL alphabet', text: 'YW_j', byte: 2 },
])('$note is refused at byte $byte', ({ text, byte }) => {
  expect(() => read({ [POLICY_ANNOTATION]: text })).toThrow(
    expect.objectContaining({
      code: 'SHIM_POLICY_ANNOTATION',
      message: `annotation ${POLICY_ANNOTATION}: illegal base64 data at input byte ${byte}`,
    }),
  );
});

test('a policy that is not UTF-8 is refused', () => {
  const text = Buffer.from([0xff, 0xfe]).toString('base64');
  expect(() => read({ [POLICY_ANNOTATION]: text })).toThrow('not UTF-8');
});

test.each([INITDATA_ANNOTATION, INITDATA_ANNOTATION_OLD])('initdata is read from %s', (key) => {
  expect(read({ [key]: encodeInitdata(toml) })).toMatchObject({ initdata: toml, initdataKey: key });
  expect(read({ [key]: '' })).toMatchObject({ initdata: undefined, initdataKey: undefined });
});

test('policy and initdata stay on the worker; other Kata annotations go on, foreign ones do not', () => {
  const { forwarded } = read({
    [POLICY_ANNOTATION]: 'YQ==',
    [INITDATA_ANNOTATION]: encodeInitdata(toml),
    'io.katacontainers.config.runtime.create_container_timeout': '90',
    'example.com/team': 'blue',
  });
  expect(forwarded).toEqual({ 'io.katacontainers.config.runtime.create_container_timeout': '90' });
});

test('enable_annotations are unanchored regular expressions, as in the Go runtime', () => {
  const prefix = 'io.katacontainers.config.hypervisor.';
  expect(() => read({ [`${prefix}default_gpu_model`]: 'a100' })).not.toThrow();
  expect(() => read({ [`${prefix}kernel_params`]: 'x' })).toThrow(
    `annotation ${prefix}kernel_params is not enabled`,
  );
  expect(() => read({ [`${prefix}kernel_params`]: 'x' }, ['kernel.*'])).not.toThrow();
  expect(() => read({ [INITDATA_ANNOTATION]: encodeInitdata(toml) }, ['default_vcpus'])).toThrow(
    'is not enabled',
  );
});

test('kernel modules are given as the agent takes them', () => {
  const key = 'io.katacontainers.config.agent.kernel_modules';
  expect(read({ [key]: 'e1000e InterruptThrottleRate=3000 EEE=1; i915;' }).kernelModules).toEqual([
    { name: 'e1000e', parameters: ['InterruptThrottleRate=3000', 'EEE=1'] },
    { name: 'i915', parameters: [] },
  ]);
});

const prefix = 'io.katacontainers.config.hypervisor.';
const bare = {
  'io.kubernetes.cri.sandbox-name': 'web',
  'io.kubernetes.cri.sandbox-namespace': 'default',
  [`${prefix}machine_type`]: '',
  [`${prefix}image`]: '',
  [`${prefix}default_vcpus`]: '0',
  [`${prefix}default_memory`]: '0',
  [`${prefix}default_gpus`]: '0',
  [`${prefix}default_gpu_model`]: '',
  [INITDATA_ANNOTATION]: '',
};
const container = (name: string, limits: object) => ({
  name,
  image: 'busybox',
  resources: { limits },
});

test.each([
  { note: 'nothing asked', annotations: {}, spec: {}, want: {} },
  {
    note: 'limits of two containers: vCPUs rounded up, MiB rounded down',
    annotations: {},
    spec: {
      containers: [
        container('a', { cpu: '1200m', memory: '1G' }),
        container('b', { cpu: 0.5, memory: '1Mi' }),
      ],
    },
    want: { [`${prefix}default_vcpus`]: '2', [`${prefix}default_memory`]: '954' },
  },
  {
    note: 'an init container that needs more than all others',
    annotations: {},
    spec: {
      initContainers: [container('i', { cpu: 4 })],
      containers: [container('a', { cpu: 1 }), container('b', { cpu: 1 })],
    },
    want: { [`${prefix}default_vcpus`]: '4' },
  },
  {
    note: 'annotations, which win',
    annotations: { [`${prefix}default_vcpus`]: '8', [`${prefix}machine_type`]: 'm5.large' },
    spec: { containers: [container('a', { cpu: 1 })] },
    want: { [`${prefix}default_vcpus`]: '8', [`${prefix}machine_type`]: 'm5.large' },
  },
])('CreateVM is told of $note', ({ annotations, spec, want }) => {
  const told = createVmAnnotations(podOf(annotations, spec), { initdata: undefined });
  expect(told).toEqual({ ...bare, ...want });
});

test('CreateVM gets the decoded initdata', () => {
  const pod = podOf({ [INITDATA_ANNOTATION]: encodeInitdata(toml) });
  expect(createVmAnnotations(pod, readAnnotations(pod))[INITDATA_ANNOTATION]).toBe(toml);
});
