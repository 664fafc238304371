/**
 * The remote hypervisor as the shim calls it: one connection for each call. Source: Kata 4.1.0, virtcontainers/remote.go.
 */
import { messageOf } from '#base';
import { dial, type RpcClient } from '#rpc';
import { shimErrors } from './errors.ts';

/** Source: configuration-remote.toml, remote_hypervisor_timeout. */
const HYPERVISOR_TIMEOUT_MS = 600_000;

export interface CreateVmRequest {
  readonly id: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly networkNamespacePath: string;
}

export interface Hypervisor {
  /** The path of the per-pod agent socket. Nothing listens on it before `startVm`. */
  createVm(request: CreateVmRequest, signal?: AbortSignal): Promise<string>;
  startVm(id: string, signal?: AbortSignal): Promise<void>;
  stopVm(id: string): Promise<void>;
}

export function remoteHypervisor(socketPath: string): Hypervisor {
  const withClient = async <T>(use: (client: RpcClient) => Promise<T>): Promise<T> => {
    let client: RpcClient;
    try {
      client = await dial(`unix://${socketPath}`);
    } catch (error) {
      const reason = `failed to connect to remote hypervisor socket: ${messageOf(error)}`;
      throw shimErrors.hypervisor(reason, error);
    }
    try {
      return await use(client);
    } catch (error) {
      throw shimErrors.hypervisor(`remote hypervisor call failed: ${messageOf(error)}`, error);
    } finally {
      await client.close();
    }
  };
  const options = (signal?: AbortSignal) => ({ timeoutMs: HYPERVISOR_TIMEOUT_MS, signal });
  return {
    async createVm(request, signal) {
      const { agentSocketPath } = await withClient((client) =>
        client.call('hypervisor.Hypervisor', 'CreateVM', request, options(signal)),
      );
      if (agentSocketPath !== '') return agentSocketPath;
      const reason = 'remote hypervisor does not return tunnel socket path';
      throw shimErrors.hypervisor(reason, undefined);
    },
    async startVm(id, signal) {
      await withClient((client) =>
        client.call('hypervisor.Hypervisor', 'StartVM', { id }, options(signal)),
      );
    },
    async stopVm(id) {
      await withClient((client) =>
        client.call('hypervisor.Hypervisor', 'StopVM', { id }, options()),
      );
    },
  };
}
