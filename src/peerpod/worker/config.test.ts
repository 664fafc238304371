import { describe, expect, test } from 'vitest';
import { encodeInitdata } from '#initdata';
import { formatGoDuration, parseGoDuration } from '../relay/go-words.ts';
import { defaultPeerPodsConfig, parsePeerPodsConfig } from './config.ts';
import { assertGlobalInitdata, chooseInitdata } from './initdata-choice.ts';
import { chooseInstanceType, supportedTypes } from './instance-type.ts';
import { createPodCni } from './pod-cni.ts';
import { podNameOf, resourcesOf } from './sandbox.ts';

describe('peer-pods-cm', () => {
  test('keys become typed configuration over the defaults', () => {
    const { config, warnings } = parsePeerPodsConfig({
      CLOUD_PROVIDER: 'azure',
      VXLAN_PORT: '9000',
      PROXY_TIMEOUT: '8m',
      PEERPODS_LIMIT_PER_NODE: '3',
      INITDATA: 'abc',
      DISABLECVM: 'TRUE',
      TAGS: 'a=1,b=2',
      AZURE_INSTANCE_SIZE: 'Standard_DC4as_v5',
      AZURE_INSTANCE_SIZES: 'Standard_DC2as_v5, Standard_DC4as_v5',
      AZURE_IMAGE_ID: '',
      PODS_DIR: '',
    });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      ...defaultPeerPodsConfig('azure'),
      vxlanPort: 9000,
      proxyTimeoutMs: 480_000,
      peerPodsLimitPerNode: 3,
      initdata: 'abc',
      disableCvm: true,
      tags: { a: '1', b: '2' },
      instanceType: 'Standard_DC4as_v5',
      instanceTypes: ['Standard_DC2as_v5', 'Standard_DC4as_v5'],
      podsDir: '/run/peerpod/pods',
    });
  });

  test('what does not parse is ignored, with a warning', () => {
    const { config, warnings } = parsePeerPodsConfig({
      VXLAN_PORT: 'nine thousand',
      PROXY_TIMEOUT: '5',
      DISABLECVM: 'yes',
      VXLAN_PROT: '9000',
    });
    expect(config).toMatchObject({ vxlanPort: 4789, proxyTimeoutMs: 300_000, disableCvm: false });
    expect(warnings.map(({ key, message }) => `${key}: ${message}`)).toEqual([
      'VXLAN_PORT: "nine thousand" is not a whole number: ignored, as the adaptor does; 4789 stays',
      'PROXY_TIMEOUT: "5" is not a duration such as 5m or 90s: ignored, as the adaptor does; 300000 stays',
      'VXLAN_PROT: nothing reads this key; did you mean VXLAN_PORT?',
    ]);
  });

  test('an unknown provider and a value that is no text are errors', () => {
    expect(() => parsePeerPodsConfig({ CLOUD_PROVIDER: 'acme' })).toThrow(
      'cloud-api-adaptor: Unsupported cloud provider: acme',
    );
    expect(() => parsePeerPodsConfig({ VXLAN_PORT: 9000 })).toThrow(
      'VXLAN_PORT is number, not a text',
    );
  });

  test.each([
    { provider: 'libvirt', disableCvm: true, rootVolumeSizeGb: 0 },
    { provider: 'aws', disableCvm: false, rootVolumeSizeGb: 30 },
    { provider: 'gcp', disableCvm: false, rootVolumeSizeGb: 10 },
  ])('defaults of $provider', ({ provider, ...expected }) => {
    expect(parsePeerPodsConfig({ CLOUD_PROVIDER: provider }).config).toMatchObject(expected);
  });
});

test.each([
  { text: '5m', ms: 300_000, printed: '5m0s' },
  { text: '1h30m', ms: 5_400_000, printed: '1h30m0s' },
  { text: '250ms', ms: 250, printed: '250ms' },
  { text: '1.5s', ms: 1500, printed: '1.5s' },
  { text: '0', ms: 0, printed: '0ms' },
])('Go duration $text', ({ text, ms, printed }) => {
  expect(parseGoDuration(text)).toBe(ms);
  expect(formatGoDuration(ms)).toBe(printed);
});
test.each(['5', 'm', '', '5 m', '5m3'])('no Go duration: %j', (text) => {
  expect(parseGoDuration(text)).toBeUndefined();
});

describe('which instance type', () => {
  const supported = supportedTypes(['Standard_DC4as_v5', 'Standard_DC2as_v5', 'g5.xlarge']);
  const none = { instanceType: '', vcpus: 0, memoryMib: 0, gpus: 0 };
  test.each([
    { note: 'nothing asked', ask: {}, type: 'D' },
    { note: 'vCPUs without memory', ask: { vcpus: 4 }, type: 'D' },
    { note: 'memory without vCPUs', ask: { memoryMib: 9000 }, type: 'D' },
    { note: 'both', ask: { vcpus: 2, memoryMib: 4096 }, type: 'Standard_DC2as_v5' },
    { note: 'more', ask: { vcpus: 3, memoryMib: 4096 }, type: 'Standard_DC4as_v5' },
    { note: 'GPU', ask: { gpus: 1 }, type: 'g5.xlarge' },
    { note: 'by name', ask: { instanceType: 'g5.xlarge', vcpus: 99 }, type: 'g5.xlarge' },
    { note: 'the default by name', ask: { instanceType: 'D' }, type: 'D' },
  ])('$note: $type', ({ ask, type }) => {
    expect(chooseInstanceType({ ...none, ...ask }, supported, 'D')).toBe(type);
  });
  test.each([
    {
      ask: { vcpus: 64, memoryMib: 1 },
      list: supported,
      text: 'no instance type found for the given vcpus (64) and memory (1)',
    },
    {
      ask: { instanceType: 'X' },
      list: [],
      text: 'requested instance type ("X") is not default ("D") and supported instance types list is empty',
    },
    {
      ask: { instanceType: 'X' },
      list: supported,
      text: 'requested instance type ("X") is not part of supported instance types list',
    },
  ])('$text', ({ ask, list, text }) => {
    expect(() => chooseInstanceType({ ...none, ...ask }, list, 'D')).toThrow(text);
  });
});

describe('which initdata', () => {
  const key = 'io.katacontainers.config.hypervisor.cc_init_data';
  const old = 'io.katacontainers.config.runtime.cc_init_data';
  const toml = 'algorithm = "sha256"\nversion = "0.1.0"\n[data]\n';
  const global = encodeInitdata(`${toml}# global\n`);
  test.each([
    {
      note: 'annotation over global',
      annotations: { [key]: toml },
      global,
      source: 'annotation',
      value: encodeInitdata(toml),
    },
    {
      note: 'empty annotation',
      annotations: { [key]: '' },
      global,
      source: 'global',
      value: global,
    },
    { note: 'no annotation', annotations: {}, global, source: 'global', value: global },
    { note: 'neither', annotations: {}, global: '', source: 'none', value: undefined },
    {
      note: 'the old key is not read',
      annotations: { [old]: toml },
      global,
      source: 'global',
      value: global,
    },
  ])('$note: $source', ({ annotations, global: globalValue, source, value }) => {
    const choice = chooseInitdata(annotations, globalValue);
    expect(choice.source).toBe(source);
    expect(choice.source === 'none' ? undefined : choice.value).toBe(value);
  });
  test('an adaptor before v0.16 reads the old key only', () => {
    expect(chooseInitdata({ [old]: toml }, '', 'v0.15.0').source).toBe('annotation');
    expect(chooseInitdata({ [key]: toml }, '', 'v0.15.0').source).toBe('none');
  });
  test('a broken global value stops the adaptor at start', () => {
    expect(() => assertGlobalInitdata(Buffer.from(toml).toString('base64'))).toThrow(
      'failed to parse global initdata: gzip: invalid header',
    );
    assertGlobalInitdata('');
    assertGlobalInitdata(global);
  });
});

test('the annotations of CreateVM', () => {
  const name = (text: string): string => podNameOf({ 'io.kubernetes.cri.sandbox-name': text });
  expect(name('web')).toBe('web');
  expect(name('k8s_web_default_0123_0')).toBe('web');
  expect(() => podNameOf({})).toThrow(
    'pod name io.kubernetes.cri.sandbox-name is missing in annotations',
  );
  expect(
    resourcesOf({
      'io.katacontainers.config.hypervisor.default_vcpus': '2',
      'io.katacontainers.config.hypervisor.default_memory': '1e3',
    }),
  ).toEqual({
    instanceType: '',
    vcpus: 2,
    memoryMib: 0,
    gpus: 0,
  });
});

test('pod addresses are given per namespace and come back', () => {
  const cni = createPodCni('10.244.1.1/30');
  expect(cni.inspect('/run/netns/a')).toMatchObject({ podIp: '10.244.1.2/30' });
  expect(() => cni.inspect('/run/netns/b')).toThrow('no pod address left in 10.244.1.0/30');
  cni.release('/run/netns/a');
  expect(cni.inspect('/run/netns/b')).toMatchObject({ podIp: '10.244.1.2/30' });
  const small = createPodCni('10.0.0.1/24');
  expect(small.inspect('/a').podIp).toBe('10.0.0.21/24');
  expect(small.inspect('/b').podIp).toBe('10.0.0.22/24');
  expect(small.inspect('/a').podIp).toBe('10.0.0.21/24');
  expect(() => small.inspect('')).toThrow('failed to inspect netns');
});

test.each([
  { key: 'PEERPODS_LIMIT_PER_NODE', value: '7 pods', field: 'peerPodsLimitPerNode', read: 7 },
  { key: 'VXLAN_PORT', value: '9001abc', field: 'vxlanPort', read: 9001 },
  { key: 'ROOT_VOLUME_SIZE', value: ' 12.5', field: 'rootVolumeSizeGb', read: 12 },
] as const)('$key "$value" is read like Sscanf with %d: $read', ({ key, value, field, read }) => {
  const { config, warnings } = parsePeerPodsConfig({ [key]: value });
  expect(config[field]).toBe(read);
  expect(warnings).toEqual([
    { key, message: `"${value}" is read as ${read}, as the adaptor does` },
  ]);
});

test('a tag may hold an equals sign', () => {
  const { config, warnings } = parsePeerPodsConfig({ TAGS: 'a=b=c,d=' });
  expect([config.tags, warnings]).toEqual([{ a: 'b=c', d: '' }, []]);
});

test.each(['USE_PUBLIC_IP', 'ENABLE_SECURE_BOOT', 'SSH_USERNAME', 'AZURE_TENANT_ID', 'PROBE_PORT'])(
  '%s is a key of the adaptor',
  (key) => {
    expect(parsePeerPodsConfig({ [key]: 'x' }).warnings).toEqual([]);
  },
);

test('GCP spells its list of types otherwise', () => {
  expect(parsePeerPodsConfig({ GCP_INSTANCE_TYPES: 'a,b' }).config.instanceTypes).toEqual([
    'a',
    'b',
  ]);
  expect(parsePeerPodsConfig({ GCP_MACHINE_TYPES: 'a' }).warnings).toHaveLength(1);
});

test.each(['FORWARDER_PORT', 'VXLAN_PORT'])('%s has to be a port', (key) => {
  expect(() => parsePeerPodsConfig({ [key]: '70000' })).toThrow(`${key}: invalid port "70000"`);
});
