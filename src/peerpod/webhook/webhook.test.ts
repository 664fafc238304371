import { request } from 'node:https';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock, systemRandom } from '#base';
import { createCertificateAuthority } from '../tls/certificates.ts';
import { resolveTls } from '../tls/settings.ts';
import { answerAdmission } from './admission.ts';
import {
  type AdmissionReviewReply,
  diffJson,
  parseQuantity,
  type PatchOperation,
  wholeMib,
  wholeUnits,
} from '#kube';
import { mutatePod, type MutablePod } from './mutate-pod.ts';
import { startWebhook, type Webhook } from './server.ts';

test.each([
  { text: '200m', units: 1n, mib: 1n },
  { text: '1.5', units: 2n, mib: 1n },
  { text: '128Mi', units: 134217728n, mib: 128n },
  { text: '1G', units: 1_000_000_000n, mib: 954n },
  { text: '100M', units: 100_000_000n, mib: 96n },
  { text: '1e3', units: 1000n, mib: 1n },
  { text: '.5Gi', units: 536870912n, mib: 512n },
  { text: '0', units: 0n, mib: 0n },
])('quantity $text', ({ text, units, mib }) => {
  const nano = parseQuantity(text)!;
  expect([wholeUnits(nano), wholeMib(nano)]).toEqual([units, mib]);
});
test.each(['', '1 Gi', '1Kii', '1e', '1'.repeat(65)])('no quantity: %j', (text) => {
  expect(parseQuantity(text)).toBeUndefined();
});

const res = (cpu?: string, memory?: string, gpu?: string): Record<string, string> => ({
  ...(cpu !== undefined && { cpu }),
  ...(memory !== undefined && { memory }),
  ...(gpu !== undefined && { 'nvidia.com/gpu': gpu }),
});
type Quantities = Record<string, string> | undefined;
type Resources = [Quantities?, Quantities?];
const containers = (list: Resources[]) =>
  list.map(([requests, limits], i) => ({
    name: `c${i}`,
    resources: { ...(requests && { requests }), ...(limits && { limits }) },
  }));
const pod = (
  main: Resources[],
  init?: Resources[],
  runtimeClassName = 'kata-remote',
): MutablePod => ({
  metadata: {},
  spec: {
    runtimeClassName,
    containers: containers(main),
    ...(init && { initContainers: containers(init) }),
  },
});
const KEY = 'io.katacontainers.config.hypervisor.';
const VM = { 'kata.peerpods.io/vm': '1' };

describe('the mutation, with upstream’s own cases', () => {
  test.each<{ note: string; main: Resources[]; init?: Resources[]; want: (string | undefined)[] }>([
    {
      note: 'CpuMemReqLimit',
      main: [[res('2', '4Gi'), res('3', '5Gi')]],
      want: ['3', '5120', undefined],
    },
    { note: 'CpuReq', main: [[res('2')]], want: ['2', undefined, undefined] },
    { note: 'MemReq', main: [[res(undefined, '4Gi')]], want: [undefined, '4096', undefined] },
    { note: 'GpuReq', main: [[res(undefined, undefined, '1')]], want: [undefined, undefined, '1'] },
    { note: 'NoReq', main: [[]], want: [undefined, undefined, undefined] },
    {
      note: 'CpuMemReqLimitSame',
      main: [[res('2', '4Gi'), res('2', '4Gi')]],
      want: ['2', '4096', undefined],
    },
    {
      note: 'InitContainers',
      init: [[res('1', '2Gi'), res('1', '2Gi')]],
      main: [
        [res('2', '4Gi'), res('3', '5Gi')],
        [res('1', '1Gi'), res('1', '1Gi')],
        [res('1', undefined, '1'), res('1', undefined, '1')],
      ],
      want: ['6', '8192', '1'],
    },
    {
      note: 'FractionalCpu',
      main: [[res('200m', '4Gi'), res('500m', '4Gi')]],
      want: ['1', '4096', undefined],
    },
    {
      note: 'FractionalCpuMoreThanOne',
      main: [[res('200m', '4Gi'), res('1500m', '4Gi')]],
      want: ['2', '4096', undefined],
    },
    {
      note: 'FractionalCpu_MultipleContainers',
      init: [[res('200m', '4Gi'), res('0.7', '4Gi')]],
      main: [[res('200m', '4Gi'), res('0.5', '4Gi')]],
      want: ['2', '8192', undefined],
    },
    {
      note: 'limits only',
      main: [[undefined, res('2', '4Gi')]],
      want: [undefined, undefined, undefined],
    },
    {
      note: 'limits below requests in sum',
      main: [[res('1'), res('1')], [res('2')]],
      want: ['3', undefined, undefined],
    },
  ])('$note', ({ main, init, want }) => {
    const mutated = mutatePod(pod(main, init));
    const annotations = mutated.metadata?.annotations ?? {};
    expect(
      ['default_vcpus', 'default_memory', 'default_gpus'].map((name) => annotations[KEY + name]),
    ).toEqual(want);
    const [first, ...others] = mutated.spec?.containers ?? [];
    expect(first?.resources).toEqual({ requests: VM, limits: VM });
    for (const other of [...others, ...(mutated.spec?.initContainers ?? [])])
      expect(other.resources).toEqual({});
    // A second pass changes nothing.
    expect(mutatePod(mutated)).toEqual(mutated);
  });

  test('another runtime class is left alone; old values are overwritten, others kept', () => {
    const other = pod([[res('2', '4Gi')]], undefined, 'different-runtime');
    expect(mutatePod(other)).toBe(other);
    const annotated = {
      ...pod([[res('2')]]),
      metadata: { annotations: { [`${KEY}default_vcpus`]: '9', a: 'b' } },
    };
    expect(mutatePod(annotated).metadata.annotations).toEqual({
      [`${KEY}default_vcpus`]: '2',
      a: 'b',
    });
  });
});

const sample = {
  metadata: { name: 'p' },
  spec: {
    runtimeClassName: 'kata-remote',
    initContainers: [{ name: 'i', resources: { requests: { cpu: '1' } } }],
    containers: [
      {
        name: 'a',
        resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } },
      },
      { name: 'b', resources: { requests: { cpu: '2' }, limits: { cpu: '2' } } },
      { name: 'c', resources: {} },
    ],
  },
  status: {},
};
const review = (object: unknown, uid = 'u1') => ({
  contentType: 'application/json',
  body: Buffer.from(
    JSON.stringify({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: { uid, object },
    }),
  ),
});
const patchOf = (answer: AdmissionReviewReply): PatchOperation[] =>
  JSON.parse(
    Buffer.from(answer.response.patch ?? 'bnVsbA==', 'base64').toString(),
  ) as PatchOperation[];

describe('AdmissionReview', () => {
  test('the sample pod gives the reference’s patch', () => {
    const answer = answerAdmission(review(sample));
    expect(answer).toMatchObject({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      response: {
        uid: 'u1',
        allowed: true,
        patchType: 'JSONPatch',
        status: { metadata: {}, code: 200 },
      },
    });
    const sorted = (list: readonly object[]): string[] =>
      list.map((item) => JSON.stringify(item)).sort();
    expect(sorted(patchOf(answer))).toEqual(
      sorted([
        {
          op: 'add',
          path: '/metadata/annotations',
          value: { [`${KEY}default_vcpus`]: '4', [`${KEY}default_memory`]: '2048' },
        },
        { op: 'remove', path: '/spec/initContainers/0/resources/requests' },
        {
          op: 'add',
          path: '/spec/containers/0/resources/requests/kata.peerpods.io~1vm',
          value: '1',
        },
        { op: 'remove', path: '/spec/containers/0/resources/requests/cpu' },
        { op: 'remove', path: '/spec/containers/0/resources/requests/memory' },
        { op: 'add', path: '/spec/containers/0/resources/limits/kata.peerpods.io~1vm', value: '1' },
        { op: 'remove', path: '/spec/containers/0/resources/limits/cpu' },
        { op: 'remove', path: '/spec/containers/0/resources/limits/memory' },
        { op: 'remove', path: '/spec/containers/1/resources/limits' },
        { op: 'remove', path: '/spec/containers/1/resources/requests' },
      ]),
    );
  });

  test('what a typed pod always has turns up, even for other classes', () => {
    const object = { metadata: {}, spec: { containers: [{ name: 'a' }] } };
    expect(patchOf(answerAdmission(review(object)))).toEqual([
      { op: 'add', path: '/spec/containers/0/resources', value: {} },
      { op: 'add', path: '/status', value: {} },
    ]);
    const whole = { ...object, spec: { containers: [{ name: 'a', resources: {} }] }, status: {} };
    const { response } = answerAdmission(review(whole));
    expect(response).toEqual({ uid: 'u1', allowed: true, status: { metadata: {}, code: 200 } });
  });

  test.each([
    {
      note: 'no body',
      call: { contentType: 'application/json', body: new Uint8Array() },
      code: 400,
      message: 'request body is empty',
      outer: false,
    },
    {
      note: 'another content type',
      call: { ...review(sample), contentType: 'text/plain' },
      code: 400,
      message: 'contentType=text/plain, expected application/json',
      outer: false,
    },
    {
      note: 'over 7 MiB',
      call: { contentType: 'application/json', body: new Uint8Array((7 << 20) + 1) },
      code: 413,
      message: /too large/,
      outer: false,
    },
    {
      note: 'no JSON',
      call: { contentType: 'application/json', body: Buffer.from('{') },
      code: 400,
      message: /JSON/,
      outer: false,
    },
    {
      note: 'another kind of review, answered in kind',
      call: { contentType: 'application/json', body: Buffer.from('{"kind":"Pod"}') },
      code: 400,
      message: 'there is no content to decode',
      outer: true,
    },
    {
      note: 'no object',
      call: review(null),
      code: 400,
      message: 'there is no content to decode',
      outer: true,
    },
    {
      note: 'containers that are none',
      call: review({ spec: { runtimeClassName: 'kata-remote', containers: [7] } }),
      code: 400,
      message: /cannot unmarshal/,
      outer: true,
    },
    {
      note: 'a bad quantity',
      call: review({
        spec: {
          runtimeClassName: 'kata-remote',
          containers: [{ resources: { requests: { cpu: 'many' } } }],
        },
      }),
      code: 400,
      message: /quantities must match/,
      outer: true,
    },
    {
      note: 'a pod without containers',
      call: review({ spec: { runtimeClassName: 'kata-remote', containers: [] } }),
      code: 500,
      message: 'panic: runtime error: index out of range [0] with length 0 [recovered]',
      outer: true,
    },
  ])('$note: $code', ({ call, code, message, outer }) => {
    const answer = answerAdmission(call);
    expect(answer.response).toMatchObject({ allowed: false, status: { code } });
    expect(answer.response.status.message).toMatch(
      typeof message === 'string' ? new RegExp(message.replace(/[[\]().]/g, '\\$&')) : message,
    );
    expect('kind' in answer).toBe(outer);
  });
});

test('a difference is applied key by key', () => {
  expect(
    diffJson({ a: 1, 'x/y': [1, { b: 2 }], gone: 0 }, { a: 1, 'x/y': [1, { b: 3 }], 'n~': null }),
  ).toEqual([
    { op: 'replace', path: '/x~1y/1/b', value: 3 },
    { op: 'add', path: '/n~0', value: null },
    { op: 'remove', path: '/gone' },
  ]);
});

describe('over HTTPS', () => {
  let webhook: Webhook | undefined;
  afterEach(() => webhook?.close());

  test('answers reviews and probes', async () => {
    const ca = await createCertificateAuthority({ clock: systemClock, random: systemRandom });
    const tls = await resolveTls(await ca.issue('webhook.test'));
    webhook = await startWebhook({ host: '127.0.0.1', port: 0, tls: tls! });
    const { port } = webhook;
    const call = (path: string, body?: Uint8Array): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = {
          host: '127.0.0.1',
          port,
          path,
          ca: ca.cert,
          servername: 'webhook.test',
          agent: false,
        };
        const headers = { 'content-type': 'application/json' };
        request({ ...options, headers, method: body ? 'POST' : 'GET' }, (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve(text));
        })
          .on('error', reject)
          .end(body);
      });
    const answer = JSON.parse(
      await call('/mutate-v1-pod?timeout=10s', review(sample, 'u2').body),
    ) as AdmissionReviewReply;
    expect(answer.response).toMatchObject({ uid: 'u2', allowed: true });
    expect(await call('/healthz')).toBe('ok');
    expect(await call('/else')).toContain('404');
  });
});
