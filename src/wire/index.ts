/**
 * Door of `wire`: messages as bytes, as values and as policy documents; ttrpc frames; descriptors.
 * No I/O: bytes in, values out.
 */
export type * as Api from './generated/messages.ts';
export {
  type Messages,
  type Services,
  FSGroupChangePolicy,
  HealthCheckResponseServingStatus as ServingStatus,
  IPFamily,
  VolumeUsageUnit,
} from './generated/messages.ts';
export {
  endpointOf,
  endpoints,
  findMethod,
  methodNamed,
  methods,
  methodsOf,
  shortName,
  type EndpointInfo,
  type Init,
  type MessageName,
  type MethodInfo,
  type MethodName,
  type RequestOf,
  type ResponseOf,
  type ServiceName,
} from './descriptor.ts';
export { decodeMessage, emptyMessage, encodeMessage } from './codec.ts';
export {
  fromPolicyInput,
  stringifyJson,
  toPolicyInput,
  type Json,
  type OnUnknownField,
} from './policy-input.ts';
export { mayBeNullInInput } from './nullable.ts';
export {
  FRAME_HEADER_LENGTH,
  FrameDecoder,
  FrameType,
  MAX_FRAME_LENGTH,
  encodeFrame,
  restampFrame,
  type FrameEvent,
  type FrameHeader,
} from './ttrpc-frame.ts';
export {
  answerFrame,
  decodeRequest,
  decodeResponse,
  relayAnswer,
  requestFrame,
} from './ttrpc-envelope.ts';
export {
  decodeVxlan,
  encodeVxlan,
  MAX_VNI,
  VXLAN_HEADER_LENGTH,
  type VxlanDrop,
  type VxlanPacket,
} from './vxlan.ts';
export { fileDescriptors, fileOfSymbol } from './file-descriptors.ts';
