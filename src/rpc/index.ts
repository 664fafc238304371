/**
 * Door of `rpc`: one listener for gRPC and ttrpc, clients for both, and the status error that
 * handlers throw.
 */
export {
  Code,
  RpcStatusError,
  codeName,
  statusOf,
  type CodeName,
  type RpcStatus,
} from './status.ts';
export { AGENT_VSOCK_PORT, formatAddress, parseAddress, type Address } from './address.ts';
export {
  dispatcherFor,
  wrapDispatcher,
  type CallContext,
  type Dispatcher,
  type FrameUpstream,
  type Handler,
  type Metadata,
  type Peer,
  type RawCall,
  type ServiceTable,
  type ServiceTables,
} from './dispatch.ts';
export { listen, type ListenOptions, type Listener } from './listen.ts';
export { dial, type DialOptions } from './dial.ts';
export type { CallOptions, RawClient, RpcClient } from './client.ts';
export { serveTtrpcOn, type ServeTtrpcOptions, type TtrpcServerFlavour } from './ttrpc-server.ts';
export { ttrpcClientOn } from './ttrpc-client.ts';
export { makeSocketDirectory, type SocketDirectoryOptions } from './socket-directory.ts';
