/** Everything that can be wrong with bytes, documents and names on the wire. */
import { KatasimError } from '#base';

const suggestion = (near: string | undefined): string =>
  near === undefined ? '' : `, did you mean '${near}'?`;

export const wireErrors = {
  /** `reason` is worded as the agent's own protobuf library words it. */
  undecodable: (type: string, path: string, offset: number, reason: string) =>
    new KatasimError('WIRE_UNDECODABLE', reason, {
      hint: `The bytes are no ${type}: look at ${path || 'the start'}, byte ${String(offset)}.`,
    }),
  unencodable: (path: string, expected: string, value: unknown) =>
    new KatasimError('WIRE_UNENCODABLE', `${path}: ${shown(value)} is not ${expected}`, {
      hint: 'Give the field a value of its protobuf type.',
    }),
  unknownMessage: (name: string, near: string | undefined) =>
    new KatasimError('WIRE_UNKNOWN_MESSAGE', `there is no message '${name}'${suggestion(near)}`, {
      hint: 'Messages are named in full, such as grpc.CreateContainerRequest.',
    }),
  unknownService: (name: string, near: string | undefined) =>
    new KatasimError('WIRE_UNKNOWN_SERVICE', `there is no service '${name}'${suggestion(near)}`, {
      hint: 'The agent serves grpc.AgentService and grpc.Health.',
    }),
  unknownMethod: (service: string, name: string, near: string | undefined) =>
    new KatasimError(
      'WIRE_UNKNOWN_METHOD',
      `${service} has no method '${name}'${suggestion(near)}`,
      { hint: 'Methods are spelled as in the .proto files, such as CreateContainer.' },
    ),
  unknownField: (path: string, type: string, near: string | undefined) =>
    new KatasimError('WIRE_UNKNOWN_FIELD', `${path}: no such field in ${type}${suggestion(near)}`, {
      hint: 'Fields are spelled as in the .proto files; `type` is written `type_`.',
    }),
  badDocument: (path: string, expected: string, value: unknown) =>
    new KatasimError('WIRE_BAD_DOCUMENT', `${path}: expected ${expected}, found ${shown(value)}`, {
      hint: 'Write bytes as arrays of numbers, enums as numbers and an unset message as null.',
    }),
  frameTooLarge: (length: number, max: number) =>
    new KatasimError(
      'WIRE_FRAME_TOO_LARGE',
      `message length ${String(length)} exceed maximum message size of ${String(max)}`,
      { hint: 'Send less in one call; CopyFile and WriteStdin can be split.' },
    ),
  badVni: (vni: number) =>
    new KatasimError('WIRE_BAD_VNI', `${vni} is not a VXLAN network identifier`, {
      hint: 'A VNI is a whole number from 0 to 16777215.',
    }),
};

/** A value cut to what fits in a sentence. */
function shown(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `${String(value.length)} bytes`;
  if (Array.isArray(value)) return `an array of ${String(value.length)}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
