/** Reflection and the standard health service, as a client without our .proto files uses them. */
import { Client, credentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { once } from 'node:events';
import protobuf from 'protobufjs';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage, methods, type Api, type Init } from '#wire';
import { Code, listen, type Listener } from './index.ts';

let server: Listener;
let client: Client;
beforeAll(async () => {
  server = await listen('tcp://127.0.0.1:0', {
    'grpc.AgentService': { PauseContainer: { handle: () => ({}) } },
    'grpc.Health': { Check: { handle: () => ({ status: 1 }) } },
  });
  const options = { 'grpc.enable_http_proxy': 0 };
  client = new Client(`127.0.0.1:${server.port!}`, credentials.createInsecure(), options);
});
afterAll(async () => {
  client.close();
  await server.close();
});

const asIs = (bytes: Buffer): Buffer => bytes;

async function reflect(version: string, request: Init<Api.ReflectionServerReflectionRequest>) {
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const stream: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(path, asIs, asIs);
  const type = 'grpc.reflection.v1.ServerReflectionRequest';
  stream.write(Buffer.from(encodeMessage(type, { host: 'h', ...request })));
  const [answer] = (await once(stream, 'data')) as [Buffer];
  stream.end();
  await once(stream, 'end');
  return decodeMessage('grpc.reflection.v1.ServerReflectionResponse', answer);
}

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  test('lists the services', async () => {
    const { list_services_response: list, original_request } = await reflect(version, {
      list_services: '*',
    });
    expect(list?.service.map(({ name }) => name)).toEqual([
      'grpc.AgentService',
      'grpc.Health',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);
    expect(original_request?.host).toBe('h');
  });

  test.each([
    'grpc.AgentService',
    'grpc.AgentService.CreateContainer',
    'grpc.Spec',
    'grpc.Spec.Linux',
  ])('finds the files of %s, which another implementation reads', async (symbol) => {
    const { file_descriptor_response: found } = await reflect(version, {
      file_containing_symbol: symbol,
    });
    const file = (found?.file_descriptor_proto ?? []).map((bytes) =>
      descriptor.FileDescriptorProto.decode(bytes),
    );
    const root = (protobuf.Root as unknown as { fromDescriptor(set: object): protobuf.Root })
      .fromDescriptor({ file })
      .resolveAll();
    expect(root.lookupType('grpc.LinuxSyscall').oneofs).toHaveProperty('ErrnoRet');
    expect(root.lookupType('grpc.Spec').fields['Annotations']).toMatchObject({ id: 7 });
    if (symbol.startsWith('grpc.AgentService')) {
      const listed = Object.keys(root.lookupService('grpc.AgentService').methods);
      const known = methods.filter(({ service }) => service === 'grpc.AgentService');
      expect(listed).toEqual(known.map(({ method }) => method));
    }
  });

  test('says what it does not know', async () => {
    const answers = [
      await reflect(version, { file_containing_symbol: 'no.Such' }),
      await reflect(version, { file_by_filename: 'no.proto' }),
      await reflect(version, { file_containing_extension: { containing_type: 'x' } }),
    ];
    expect(answers.map(({ error_response }) => error_response?.error_code)).toEqual([5, 5, 5]);
  });
});

describe('grpc.health.v1', () => {
  const check = (service: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const payload = encodeMessage('grpc.health.v1.HealthCheckRequest', { service });
      const path = '/grpc.health.v1.Health/Check';
      client.makeUnaryRequest(path, asIs, asIs, Buffer.from(payload), (error, answer) => {
        if (error !== null) reject(error);
        else resolve(decodeMessage('grpc.health.v1.HealthCheckResponse', answer!).status);
      });
    });

  test.each(['', 'grpc.AgentService', 'grpc.Health'])('%j is serving', async (service) => {
    expect(await check(service)).toBe(1);
  });

  test('an unknown service is NOT_FOUND', async () => {
    await expect(check('nope')).rejects.toMatchObject({ code: Code.NOT_FOUND });
  });

  test('a watcher is told when the server stops', async () => {
    const own = await listen('tcp://127.0.0.1:0', { 'grpc.Health': {} });
    const watcher = new Client(`127.0.0.1:${own.port!}`, credentials.createInsecure(), {
      'grpc.enable_http_proxy': 0,
    });
    const stream = watcher.makeServerStreamRequest(
      '/grpc.health.v1.Health/Watch',
      asIs,
      asIs,
      Buffer.alloc(0),
    );
    stream.on('error', () => undefined);
    const [first] = (await once(stream, 'data')) as [Buffer];
    expect(decodeMessage('grpc.health.v1.HealthCheckResponse', first).status).toBe(1);
    await own.close();
    watcher.close();
  });
});
