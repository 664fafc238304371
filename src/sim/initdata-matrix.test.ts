/**
 * Which initdata a pod VM starts with: the annotation under both spellings, empty, absent or not
 * enabled, against the global INITDATA, by release. From the pod through the shim's reading, the
 * adaptor's choice and the VM's process-user-data; digests were recorded from cloud-api-adaptor 0.16 (src/cloud-api-adaptor/pkg/initdata).
 */
import { describe, expect, test } from 'vitest';
import { silentLogger } from '#base';
import {
  DUMMY_INITDATA,
  encodeInitdata,
  INITDATA_ANNOTATION,
  INITDATA_ANNOTATION_OLD,
  initdataAnnotationKey,
} from '#initdata';
import { chooseInitdata, encodeUserData, provisionFiles, VmFiles } from '#peerpod';
import { createVmAnnotations, readAnnotations } from '#shim';
import { parseManifest } from '#kube';

/** Sample S of the reference, 129 bytes. */
const SAMPLE =
  'algorithm = "sha384"\nversion = "0.1.0"\n\n[data]\n"policy.rego" = \'\'\'\npackage agent_policy\n\ndefault ExecProcessRequest := false\n\'\'\'\n';
const GLOBAL =
  'algorithm = "sha256"\nversion = "0.1.0"\n\n[data]\n"aa.toml" = \'\'\n"policy.rego" = \'package global\'\n';

const RESULT = {
  pod: {
    source: 'annotation',
    bytes: SAMPLE,
    digest:
      '38961a0a35db43d703e1a4b8cea40525c7bd019d0b27cec590c0ee1322d2aa91a7326d01b8cf4f902d3ba2e1cc53ed6b',
    pcr8: '0c6eec2774add2c1e1b9cd9abd947fcd4427a3ee3bbb8897bebc494c73c8d93a',
  },
  global: {
    source: 'global',
    bytes: GLOBAL,
    digest: '9e8b4360a7ac3af54f741c1b336c0c495d98666bacc7defd6cb4386e4ca416de',
    pcr8: '6dbdd9a2e04c40da35e40c978fade37eba17da04779487a05cf4defddbb7319f',
  },
  dummy: {
    source: 'none',
    bytes: DUMMY_INITDATA,
    digest: 'adb48cc14fea9403d3d51f3b5f5068fd4d80445a14e94f1b3d5dbabaad66478d',
    pcr8: '4b58b30becd30d16f7f60d56b32661d921ae0d3310c6a89f5d552f9bfee921a9',
  },
} as const;

type Outcome = keyof typeof RESULT | 'not enabled';

const NEW = INITDATA_ANNOTATION;
const OLD = INITDATA_ANNOTATION_OLD;
const sample = encodeInitdata(SAMPLE);

interface Row {
  readonly note: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** With INITDATA set and without, for a release that reads the new key and for one that reads the old. */
  readonly since016: readonly [Outcome, Outcome];
  readonly before016: readonly [Outcome, Outcome];
  /** `enable_annotations` without cc_init_data, as OpenShift's operator of 2024 writes it. */
  readonly notEnabled?: boolean;
}

const ROWS: readonly Row[] = [
  {
    note: 'no annotation',
    annotations: {},
    since016: ['global', 'dummy'],
    before016: ['global', 'dummy'],
  },
  {
    note: 'an empty annotation',
    annotations: { [NEW]: '', [OLD]: '' },
    since016: ['global', 'dummy'],
    before016: ['global', 'dummy'],
  },
  {
    note: 'hypervisor.cc_init_data',
    annotations: { [NEW]: sample },
    since016: ['pod', 'pod'],
    before016: ['global', 'dummy'],
  },
  {
    note: 'runtime.cc_init_data',
    annotations: { [OLD]: sample },
    since016: ['global', 'dummy'],
    before016: ['pod', 'pod'],
  },
  {
    note: 'both spellings, one of them empty',
    annotations: { [NEW]: '', [OLD]: sample },
    since016: ['global', 'dummy'],
    before016: ['pod', 'pod'],
  },
  {
    note: 'not enabled: hypervisor.cc_init_data',
    annotations: { [NEW]: sample },
    since016: ['not enabled', 'not enabled'],
    before016: ['not enabled', 'not enabled'],
    notEnabled: true,
  },
  {
    note: 'not enabled: even when it is empty',
    annotations: { [NEW]: '' },
    since016: ['not enabled', 'not enabled'],
    before016: ['not enabled', 'not enabled'],
    notEnabled: true,
  },
  {
    note: 'not enabled: only names below hypervisor. are looked up',
    annotations: { [OLD]: sample },
    since016: ['global', 'dummy'],
    before016: ['pod', 'pod'],
    notEnabled: true,
  },
  {
    note: 'not enabled: nothing is asked for',
    annotations: {},
    since016: ['global', 'dummy'],
    before016: ['global', 'dummy'],
    notEnabled: true,
  },
];

const OPENSHIFT_2024 = ['default_vcpus', 'default_memory', 'machine_type'];

function provisioned(row: Row, global: string, release: string) {
  const [pod] = parseManifest(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', annotations: row.annotations },
      spec: { containers: [{ name: 'main', image: 'busybox' }] },
    }),
    'web.yaml',
  ).pods;
  const key = initdataAnnotationKey(release);
  const read = readAnnotations(pod!, {
    enabled: row.notEnabled === true ? OPENSHIFT_2024 : undefined,
    initdataKey: key,
  });
  const choice = chooseInitdata(createVmAnnotations(pod!, read, key), global, release);
  const files = new VmFiles();
  const userData = encodeUserData(
    choice.source === 'none' ? [] : [{ path: '/run/peerpod/initdata', content: choice.value }],
  );
  const { initdata, digest, pcr8 } = provisionFiles(files, userData, silentLogger);
  return {
    source: choice.source,
    bytes: Buffer.from(initdata.bytes).toString(),
    digest,
    pcr8,
  };
}

const CASES = ROWS.flatMap((row) =>
  (
    [
      ['v0.22.0', row.since016],
      ['v0.16.0', row.since016],
      ['v0.15.1', row.before016],
    ] as const
  ).flatMap(([release, [withGlobal, without]]) => [
    { row, note: row.note, release, given: 'set', global: GLOBAL, outcome: withGlobal },
    { row, note: row.note, release, given: 'absent', global: undefined, outcome: without },
  ]),
);

describe.each(CASES)('$release, $note, INITDATA $given', ({ row, release, global, outcome }) => {
  const value = global === undefined ? '' : encodeInitdata(global);
  test(outcome, () => {
    if (outcome === 'not enabled') {
      expect(() => provisioned(row, value, release)).toThrow(`annotation ${NEW} is not enabled`);
    } else expect(provisioned(row, value, release)).toEqual(RESULT[outcome]);
  });
});

test('what another release reads goes on to the guest as any annotation', () => {
  const pod = parseManifest(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', annotations: { [OLD]: sample } },
      spec: { containers: [{ name: 'main', image: 'busybox' }] },
    }),
    'web.yaml',
  ).pods[0]!;
  expect(readAnnotations(pod, { initdataKey: NEW }).forwarded).toEqual({ [OLD]: sample });
  expect(readAnnotations(pod, { initdataKey: OLD }).forwarded).toEqual({});
});
