/** Protobuf JSON to bytes and back, by protobufjs: a codec that katasim does not use itself. */
import { join } from 'node:path';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';

const definitions = loadSync(['agent.proto', 'health.proto', 'grpc/health/v1/health.proto'], {
  includeDirs: [join(import.meta.dirname, '../../../proto')],
  keepCase: true,
  longs: String,
  enums: String,
  bytes: String,
});

const typeOf = (name: string) => definitions[name] as MessageTypeDefinition<object, object>;

export const fromJson = (type: string, value: object): Uint8Array => typeOf(type).serialize(value);

/** Fields that were not sent are left out, as protobuf's own JSON leaves them out. */
export const toJson = (type: string, bytes: Uint8Array): unknown =>
  typeOf(type).deserialize(Buffer.from(bytes));
