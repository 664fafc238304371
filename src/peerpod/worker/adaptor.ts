/**
 * The cloud-api-adaptor's work on CreateVM, StartVM and StopVM, in its order and with its texts.
 * Source: cloud-api-adaptor v0.22.0 pkg/adaptor/cloud/cloud.go.
 *
 * Differs on purpose: StopVM also removes the pod's directory, which the real one leaves behind.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  KatasimError,
  messageOf,
  silentLogger,
  type Closable,
  type Logger,
  type Random,
} from '#base';
import { Code, RpcStatusError } from '#rpc';
import { peerpodErrors } from '../errors.ts';
import { encodeApfConfig } from '../forwarder/apf-config.ts';
import { DEFAULT_VXLAN_MIN_ID, type VxlanRemote } from '../network/vxlan-socket.ts';
import { createAgentProxy } from '../proxy/agent-proxy.ts';
import type { RelayEvent } from '../relay/redirector.ts';
import type { Sleep } from '../relay/retry.ts';
import { instanceName, MANUAL_SERVER_NAME } from '../tls/names.ts';
import { assertUserDataSize, encodeUserData } from '../vm/user-data.ts';
import { apfConfigOf, bootFiles, pullSecretsOf } from './boot-files.ts';
import type { PeerPodsConfig } from './config.ts';
import { chooseInitdata } from './initdata-choice.ts';
import { chooseInstanceType, supportedTypes } from './instance-type.ts';
import type { PodCni } from './pod-cni.ts';
import type { InstanceProvider } from './provider.ts';
import { podNamespaceOf, podNameOf, resourcesOf, VM_ANNOTATION, type Sandbox } from './sandbox.ts';
import type { WorkerTls } from './worker-tls.ts';

/** PeerPod objects in the cluster; failures are only logged. */
export interface PeerPodRecords {
  create(pod: { name: string; namespace: string; instanceId: string }): Promise<string>;
  release(name: string): Promise<void>;
}

/**
 * The worker's ends of the tunnels: in user space they stand at once, in the kernel a moment later.
 */
interface TunnelEnds {
  /** UDP port that pod VMs send to. */
  readonly port: number;
  addTunnel(vni: number, remote: VxlanRemote, podIp?: string): Closable | Promise<Closable>;
}

interface AdaptorOptions {
  readonly config: PeerPodsConfig;
  readonly tls: WorkerTls;
  readonly tunnels: TunnelEnds;
  /** `10.224.0.5/16` in apf.json. */
  readonly workerNodeIp: string;
  readonly cni: PodCni;
  readonly provider: InstanceProvider;
  readonly vxlanMinId?: number;
  readonly adaptorVersion?: string | undefined;
  /** Merged imagePullSecrets of the pod, or undefined. */
  readonly pullSecrets?: ((namespace: string, pod: string) => string | undefined) | undefined;
  readonly peerPods?: PeerPodRecords | undefined;
  readonly observe?: ((sandbox: Sandbox, event: RelayEvent) => void) | undefined;
  readonly logger?: Logger | undefined;
  readonly random?: Random | undefined;
  readonly sleep?: Sleep | undefined;
}

const DELETE_TIMEOUT_MS = 10 * 60_000;

export class Adaptor {
  readonly sandboxes = new Map<string, Sandbox>();
  readonly #options: AdaptorOptions;
  readonly #log: Logger;
  /** Tunnel index: from 0 with every adaptor, never reused. */
  #index = 0;

  constructor(options: AdaptorOptions) {
    this.#options = options;
    this.#log = options.logger ?? silentLogger;
  }

  async createVm(
    id: string,
    annotations: Readonly<Record<string, string>>,
    netns: string,
  ): Promise<string> {
    if (id === '') throw peerpodErrors.emptySandboxId();
    const podName = podNameOf(annotations);
    const podNamespace = podNamespaceOf(annotations);
    const { config, cni, tunnels, workerNodeIp, tls, adaptorVersion } = this.#options;
    const resources = resourcesOf(annotations);
    // The id comes from outside and becomes a directory name.
    if (!/^[\w.-]{1,128}$/.test(id) || /^\.+$/.test(id)) throw peerpodErrors.badSandboxId(id);
    const podInterface = cni.inspect(netns);
    const index = this.#index++;
    if (this.sandboxes.has(id)) throw peerpodErrors.sandboxExists(id);
    const directory = join(config.podsDir, id);
    const name = instanceName(podName, id);
    const initdata = chooseInitdata(annotations, config.initdata, adaptorVersion);
    const vni = (this.#options.vxlanMinId ?? DEFAULT_VXLAN_MIN_ID) + index;
    const pod = { podName, podNamespace, instanceName: name, podInterface, index, vni };
    const apf = encodeApfConfig(
      await apfConfigOf(pod, { config, tls, workerNodeIp, vxlanPort: tunnels.port }),
    );
    const files = bootFiles({
      apf,
      initdata,
      pullSecrets: pullSecretsOf(this.#options.pullSecrets, pod, this.#log),
      scratchSpace: config.enableScratchSpace,
    });
    const dial = {
      serverName: tls.automaticCa ? name : MANUAL_SERVER_NAME,
      tls: tls.clientSettings,
    };
    const sandbox: Sandbox = {
      id,
      podName,
      podNamespace,
      netns,
      instanceName: name,
      resources,
      instanceType: undefined,
      image: annotations[VM_ANNOTATION.image] ?? '',
      initdata,
      userData: encodeUserData(files),
      directory,
      vni,
      podInterface,
      proxy: this.#proxy(id, directory, dial),
      dial,
      instance: undefined,
      tunnel: undefined,
      peerPod: undefined,
    };
    // Twice the same id at once: the second must find the first.
    if (this.sandboxes.has(id)) throw peerpodErrors.sandboxExists(id);
    this.sandboxes.set(id, sandbox);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'apf.json'), apf, { mode: 0o666 });
    this.#log.info(
      { id, pod: podName, namespace: podNamespace, instance: name, initdata: initdata.source },
      'create a sandbox',
    );
    return sandbox.proxy.socketPath;
  }

  #proxy(id: string, directory: string, dial: Sandbox['dial']): Sandbox['proxy'] {
    const { config, observe, random, sleep } = this.#options;
    return createAgentProxy({
      socketPath: join(directory, 'agent.ttrpc'),
      ...dial,
      proxyTimeoutMs: config.proxyTimeoutMs,
      logger: this.#log.child({ sandbox: id }),
      ...(observe && {
        observe: (event: RelayEvent) => {
          const sandbox = this.sandboxes.get(id);
          if (sandbox) observe(sandbox, event);
        },
      }),
      ...(random && { random }),
      ...(sleep && { sleep }),
    });
  }

  async startVm(id: string, signal: AbortSignal): Promise<void> {
    const sandbox = this.#find(id, 'getting sandbox');
    const instance = await this.#createInstance(sandbox, signal);
    try {
      await this.#recordPeerPod(sandbox, instance.id);
      const [address] = instance.addresses;
      if (!address) throw peerpodErrors.noInstanceIp();
      try {
        const { tunnels } = this.#options;
        const remote = { host: address.host, port: address.vxlanPort };
        const [podIp] = sandbox.podInterface.podIp.split('/');
        sandbox.tunnel = await tunnels.addTunnel(sandbox.vni, remote, podIp);
      } catch (error) {
        throw peerpodErrors.workerTunnel(sandbox.netns, deviceError(error));
      }
      // StopVM may have come meanwhile, and has found no tunnel to take down.
      if (this.sandboxes.get(id) !== sandbox) throw peerpodErrors.noSandbox('starting VM', id);
      await sandbox.proxy.start({ host: address.host, port: address.agentPort }, signal);
      this.#log.info({ id, instance: instance.id, address: address.host }, 'agent proxy is ready');
    } catch (error) {
      await this.#undoStart(sandbox);
      throw error;
    }
  }

  async #createInstance(
    sandbox: Sandbox,
    signal: AbortSignal,
  ): Promise<NonNullable<Sandbox['instance']>> {
    const { config } = this.#options;
    try {
      const { id, podName, podNamespace, instanceName: name, image } = sandbox;
      // The provider's part: it chooses the machine, and Azure's refuses long user-data.
      const supported = supportedTypes(config.instanceTypes);
      const instanceType = chooseInstanceType(sandbox.resources, supported, config.instanceType);
      if (config.provider === 'azure') assertUserDataSize(sandbox.userData);
      sandbox.instanceType = instanceType;
      sandbox.instance = await this.#options.provider.createInstance(
        {
          sandboxId: id,
          podName,
          podNamespace,
          instanceName: name,
          instanceType,
          image,
          userData: sandbox.userData,
        },
        signal,
      );
      return sandbox.instance;
    } catch (error) {
      throw peerpodErrors.createInstance(error);
    }
  }

  async #recordPeerPod(sandbox: Sandbox, instanceId: string): Promise<void> {
    const { podName: name, podNamespace: namespace } = sandbox;
    try {
      sandbox.peerPod = await this.#options.peerPods?.create({ name, namespace, instanceId });
    } catch (error) {
      this.#log.warn({ err: messageOf(error), pod: name }, 'failed to create PeerPod');
    }
  }

  async #undoStart(sandbox: Sandbox): Promise<void> {
    await this.#deleteInstance(sandbox);
    await this.#removeTunnel(sandbox);
  }

  async #removeTunnel(sandbox: Sandbox): Promise<void> {
    const { tunnel, id } = sandbox;
    sandbox.tunnel = undefined;
    try {
      await tunnel?.close();
    } catch (error) {
      this.#log.warn({ err: messageOf(error), id }, 'failed to tear down the tunnel');
    }
  }

  /** Failures are only logged: the pod must go. */
  async #deleteInstance(sandbox: Sandbox): Promise<void> {
    const { instance, peerPod } = sandbox;
    sandbox.instance = undefined;
    sandbox.peerPod = undefined;
    try {
      if (instance)
        await within(DELETE_TIMEOUT_MS, this.#options.provider.deleteInstance(instance.id));
    } catch (error) {
      this.#log.warn({ err: messageOf(error), id: sandbox.id }, 'Error deleting an instance');
    }
    try {
      if (peerPod !== undefined) await this.#options.peerPods?.release(peerPod);
    } catch (error) {
      this.#log.warn({ err: messageOf(error), id: sandbox.id }, 'failed to release PeerPod');
    }
  }

  async stopVm(id: string): Promise<void> {
    const sandbox = this.#find(id, 'stopping VM');
    // Forgotten first, so that a second StopVM says "does not exist" and not something worse.
    this.sandboxes.delete(id);
    try {
      await sandbox.proxy.close();
    } catch (error) {
      this.#log.warn({ err: messageOf(error), id }, 'stopping the proxy failed');
    }
    await this.#deleteInstance(sandbox);
    await this.#removeTunnel(sandbox);
    this.#options.cni.release(sandbox.netns);
    await rm(sandbox.directory, { recursive: true, force: true });
    this.#log.info({ id }, 'sandbox is gone');
  }

  /** The instance of a pod, by name. */
  instanceOf(podNamespace: string, podName: string): string | undefined {
    for (const sandbox of this.sandboxes.values()) {
      if (sandbox.podName === podName && sandbox.podNamespace === podNamespace) {
        return sandbox.instance?.id;
      }
    }
    return undefined;
  }

  #find(id: string, step: string): Sandbox {
    if (id === '') throw peerpodErrors.emptySandboxId(step);
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) throw peerpodErrors.noSandbox(step, id);
    return sandbox;
  }

  async close(): Promise<void> {
    // All at once: a node of a thousand pods has to be gone in moments.
    await Promise.all([...this.sandboxes.keys()].map((id) => this.stopVm(id)));
  }
}

/** An answer "already exists" is read as a clash of names, and the fifth name is the last. */
function deviceError(error: unknown): unknown {
  const taken = error instanceof KatasimError && error.code === 'PEERPOD_VNI_IN_USE';
  return taken ? peerpodErrors.tooManyDevices(error) : error;
}

async function within(ms: number, action: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new RpcStatusError(Code.DEADLINE_EXCEEDED, 'context deadline exceeded')),
      ms,
    );
    timer.unref();
  });
  try {
    await Promise.race([action, late]);
  } finally {
    clearTimeout(timer);
  }
}
