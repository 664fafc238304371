import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { ttrpcClientOn } from './ttrpc-client.ts';

/** As a TLS socket behaves on an alert after the handshake: an error, and no close of its own. */
const stubborn = (): Duplex =>
  new Duplex({
    autoDestroy: false,
    emitClose: false,
    read: () => undefined,
    write: (_chunk, _encoding, done) => done(),
  });

test('an error without a close ends every call at once', async () => {
  const stream = stubborn();
  const client = ttrpcClientOn(stream);
  const call = client.callRaw('grpc.Health', 'Check', new Uint8Array());
  stream.emit('error', new Error('alert certificate required'));
  await expect(call).rejects.toThrow('ttrpc: closed');
  const later = client.callRaw('grpc.Health', 'Check', new Uint8Array());
  await expect(later).rejects.toThrow('ttrpc: closed');
});
