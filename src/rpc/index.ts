/**
 * Door of `rpc`: one listener for gRPC and ttrpc, clients for both, and the status error that
 * handlers throw.
 */
export { Code, RpcStatusError, codeName } from './status.ts';
export { formatAddress, parseAddress } from './address.ts';
export {
  dispatcherFor,
  wrapDispatcher,
  type CallContext,
  type Dispatcher,
  type FrameUpstream,
  type RawCall,
  type ServiceTable,
  type ServiceTables,
} from './dispatch.ts';
export { listen, type Listener } from './listen.ts';
export { dial } from './dial.ts';
export type { RpcClient } from './client.ts';
export { serveTtrpcOn } from './ttrpc-server.ts';
export { ttrpcClientOn } from './ttrpc-client.ts';
export { makeSocketDirectory } from './socket-directory.ts';
