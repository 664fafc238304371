/** The webhook command as a client sees it: HTTPS with the CA it wrote, AdmissionReview in and out. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommandLine } from '../run.ts';

const stop = new AbortController();
let directory: string;
let ended: Promise<number>;
let url: string;
let ca: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'katasim-'));
  const stdout = new PassThrough();
  const printed = once(stdout, 'data') as Promise<[Buffer]>;
  ended = runCommandLine({
    argv: ['webhook', '--listen', '127.0.0.1:0', '--ca-out', join(directory, 'ca.crt')].concat(
      '--print-endpoints',
    ),
    environment: { TARGET_RUNTIMECLASS: 'kata-test' },
    stdin: new PassThrough() as unknown as NodeJS.ReadStream,
    stdout,
    stderr: new PassThrough(),
    signal: stop.signal,
  });
  ({ url } = JSON.parse(String((await printed)[0])) as { url: string });
  ca = await readFile(join(directory, 'ca.crt'), 'utf8');
});

afterAll(async () => {
  stop.abort();
  expect(await ended).toBe(0);
  await rm(directory, { recursive: true, force: true });
});

interface Review {
  readonly response: { readonly patch?: string };
}

async function post(body: string): Promise<Review> {
  const call = request(url, {
    method: 'POST',
    ca,
    servername: 'localhost',
    headers: { 'content-type': 'application/json' },
  });
  const answered = once(call, 'response') as Promise<[IncomingMessage]>;
  call.end(body);
  const [response] = await answered;
  expect(response.statusCode).toBe(200);
  return JSON.parse(await text(response)) as Review;
}

const review = (runtimeClassName: string) =>
  JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: 'u-1',
      object: {
        metadata: { name: 'web' },
        spec: {
          runtimeClassName,
          containers: [{ name: 'web', resources: { requests: { cpu: '1500m', memory: '1Gi' } } }],
        },
        status: {},
      },
    },
  });

test('a pod of the target runtime class gets its machine and its unit of the resource', async () => {
  const { response } = await post(review('kata-test'));
  expect(response).toMatchObject({ uid: 'u-1', allowed: true, patchType: 'JSONPatch' });
  const { patch = '' } = response;
  const operations = Buffer.from(patch, 'base64').toString();
  expect(operations).toContain('"io.katacontainers.config.hypervisor.default_vcpus":"2"');
  expect(operations).toContain('"kata.peerpods.io/vm":"1"');
});

test('a pod of the default class is left alone, since the environment names another', async () => {
  const { response } = await post(review('kata-remote'));
  expect(response).toEqual({ uid: 'u-1', allowed: true, status: { metadata: {}, code: 200 } });
});

test('what is no review is answered inside, with 400', async () => {
  const { response } = await post('{"kind":"Pod"}');
  expect(response).toMatchObject({ allowed: false, status: { code: 400 } });
});
