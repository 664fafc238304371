/** Kata's own Health: never gated, always serving. Source: kata-containers src/agent/src/rpc.rs. */
import { ServingStatus } from '#wire';
import type { ServiceTable } from '#rpc';

/** Source: the agent's API_VERSION, unchanged since the protocol was gRPC. */
const GRPC_VERSION = '0.0.1';

export const healthService = (agentVersion: string): ServiceTable<'grpc.Health'> => ({
  // The service asked for is ignored.
  Check: { handle: () => ({ status: ServingStatus.SERVING }) },
  Version: { handle: () => ({ grpc_version: GRPC_VERSION, agent_version: agentVersion }) },
});
