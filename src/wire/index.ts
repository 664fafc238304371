/**
 * Door of `wire`: messages as bytes, as values and as policy documents; ttrpc frames; descriptors.
 * No I/O: bytes in, values out.
 */
export type * as Api from './generated/messages.ts';
export {
  type Messages,
  HealthCheckResponseServingStatus as ServingStatus,
  VolumeUsageUnit,
} from './generated/messages.ts';
export {
  endpointOf,
  endpoints,
  findMethod,
  methodNamed,
  methods,
  methodsOf,
  type Init,
  type MessageName,
  type MethodInfo,
  type MethodName,
  type RequestOf,
  type ResponseOf,
  type ServiceName,
} from './descriptor.ts';
export { decodeMessage, emptyMessage, encodeMessage } from './codec.ts';
export { fromPolicyInput, stringifyJson, toPolicyInput, type Json } from './policy-input.ts';
export { mayBeNullInInput } from './nullable.ts';
export {
  FrameDecoder,
  FrameType,
  MAX_FRAME_LENGTH,
  encodeFrame,
  restampFrame,
  type FrameEvent,
} from './ttrpc-frame.ts';
export {
  answerFrame,
  decodeRequest,
  decodeResponse,
  relayAnswer,
  requestFrame,
} from './ttrpc-envelope.ts';
export { decodeVxlan, encodeVxlan, MAX_VNI } from './vxlan.ts';
export { fileDescriptors, fileOfSymbol } from './file-descriptors.ts';
