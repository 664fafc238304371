/**
 * The cloud-api-adaptor's work on CreateVM, StartVM and StopVM, in its order and with its texts.
 * Source: peer-pods.md 2.4 (cloud-api-adaptor pkg/adaptor/cloud/cloud.go).
 *
 * Differs on purpose: StopVM also removes the pod's directory, which the real one leaves behind.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, silentLogger, type Logger, type Random } from '#base';
import { Code, RpcStatusError } from '#rpc';
import { peerpodErrors } from '../errors.ts';
import { APF_CONFIG_PATH, encodeApfConfig, type ApfConfig } from '../forwarder/apf-config.ts';
import { DEFAULT_VXLAN_MIN_ID } from '../network/vxlan-socket.ts';
import type { WorkerNetwork } from '../network/worker-network.ts';
import { createAgentProxy } from '../proxy/agent-proxy.ts';
import type { RelayEvent } from '../relay/redirector.ts';
import type { Sleep } from '../relay/retry.ts';
import { instanceName, MANUAL_SERVER_NAME } from '../tls/names.ts';
import { INITDATA_PATH, PEERPOD_DIRECTORY } from '../vm/process-user-data.ts';
import { assertUserDataSize, encodeUserData, type UserDataFile } from '../vm/user-data.ts';
import type { PeerPodsConfig } from './config.ts';
import { chooseInitdata, type InitdataChoice } from './initdata-choice.ts';
import { chooseInstanceType, supportedTypes } from './instance-type.ts';
import type { PodCni, PodInterface } from './pod-cni.ts';
import type { InstanceProvider } from './provider.ts';
import { podNamespaceOf, podNameOf, resourcesOf, VM_ANNOTATION, type Sandbox } from './sandbox.ts';
import type { WorkerTls } from './worker-tls.ts';

/** PeerPod objects in the cluster; failures are only logged. */
export interface PeerPodRecords {
  create(pod: { name: string; namespace: string; instanceId: string }): Promise<string>;
  release(name: string): Promise<void>;
}

export interface AdaptorOptions {
  readonly config: PeerPodsConfig;
  readonly tls: WorkerTls;
  readonly network: WorkerNetwork;
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

/** What the adaptor skips rather than fail on. Source: cloud.go. */
const MAX_AUTH_JSON = 12288;
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
    const { config, cni, adaptorVersion } = this.#options;
    const instanceType = chooseInstanceType(
      resourcesOf(annotations),
      supportedTypes(config.instanceTypes),
      config.instanceType,
    );
    const podInterface = cni.inspect(netns);
    const index = this.#index++;
    // The id comes from outside and becomes a directory name.
    if (!/^[\w.-]{1,128}$/.test(id) || /^\.+$/.test(id)) throw peerpodErrors.badSandboxId(id);
    if (this.sandboxes.has(id)) throw peerpodErrors.sandboxExists();
    const directory = join(config.podsDir, id);
    const name = instanceName(podName, id);
    const initdata = chooseInitdata(annotations, config.initdata, adaptorVersion);
    const vni = (this.#options.vxlanMinId ?? DEFAULT_VXLAN_MIN_ID) + index;
    const apf = await this.#apfConfig({ podName, podNamespace, name, podInterface, index, vni });
    const text = encodeApfConfig(apf);
    const userData = encodeUserData(this.#files(text, initdata, podNamespace, podName));
    if (config.provider === 'azure') assertUserDataSize(userData);
    const sandbox: Sandbox = {
      id,
      podName,
      podNamespace,
      netns,
      instanceName: name,
      instanceType,
      image: annotations[VM_ANNOTATION.image] ?? '',
      initdata,
      userData,
      directory,
      vni,
      podInterface,
      proxy: this.#proxy(id, directory, name),
      instance: undefined,
      tunnel: undefined,
      peerPod: undefined,
    };
    // Twice the same id at once: the second must find the first.
    if (this.sandboxes.has(id)) throw peerpodErrors.sandboxExists();
    this.sandboxes.set(id, sandbox);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'apf.json'), text, { mode: 0o666 });
    this.#log.info(
      {
        id,
        pod: podName,
        namespace: podNamespace,
        instance: name,
        type: instanceType,
        initdata: initdata.source,
      },
      'create a sandbox',
    );
    return sandbox.proxy.socketPath;
  }

  async #apfConfig(pod: {
    podName: string;
    podNamespace: string;
    name: string;
    podInterface: PodInterface;
    index: number;
    vni: number;
  }): Promise<ApfConfig> {
    const { config, tls, network, workerNodeIp } = this.#options;
    return {
      'pod-network': {
        podip: pod.podInterface.podIp,
        'pod-hw-addr': pod.podInterface.hwAddr,
        interface: pod.podInterface.interface,
        'worker-node-ip': workerNodeIp,
        'tunnel-type': config.tunnelType,
        routes: pod.podInterface.routes,
        neighbors: pod.podInterface.neighbors.length === 0 ? null : pod.podInterface.neighbors,
        mtu: pod.podInterface.mtu,
        index: pod.index,
        'vxlan-port': network.port,
        'vxlan-id': pod.vni,
        dedicated: false,
        'external-net-via-pod-vm': config.externalNetworkViaPodVm,
      },
      'pod-namespace': pod.podNamespace,
      'pod-name': pod.podName,
      ...(await tls.serverPart(pod.name)),
      'tls-min-version': config.tlsMinVersion,
      'tls-cipher-suites': config.tlsCipherSuites,
    };
  }

  #files(
    apf: string,
    initdata: InitdataChoice,
    namespace: string,
    pod: string,
  ): readonly UserDataFile[] {
    const secrets = this.#pullSecrets(namespace, pod);
    return [
      { path: APF_CONFIG_PATH, content: apf },
      ...(secrets === undefined
        ? []
        : [{ path: `${PEERPOD_DIRECTORY}/auth.json`, content: secrets }]),
      ...(initdata.source === 'none' ? [] : [{ path: INITDATA_PATH, content: initdata.value }]),
      ...(this.#options.config.enableScratchSpace
        ? [{ path: `${PEERPOD_DIRECTORY}/scratch-space.marker`, content: '' }]
        : []),
    ];
  }

  #pullSecrets(namespace: string, pod: string): string | undefined {
    try {
      const json = this.#options.pullSecrets?.(namespace, pod);
      if (json === undefined || json.length <= MAX_AUTH_JSON) return json;
      this.#log.warn({ pod, bytes: json.length }, 'pull secrets are too large and are left out');
    } catch (error) {
      this.#log.warn({ pod, err: messageOf(error) }, 'pull secrets cannot be read');
    }
    return undefined;
  }

  #proxy(id: string, directory: string, name: string): Sandbox['proxy'] {
    const { config, tls, observe, random, sleep } = this.#options;
    const socketPath = join(directory, 'agent.ttrpc');
    return createAgentProxy({
      socketPath,
      serverName: tls.automaticCa ? name : MANUAL_SERVER_NAME,
      tls: tls.clientSettings,
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
        const { network } = this.#options;
        const remote = { host: address.host, port: address.vxlanPort };
        const [podIp] = sandbox.podInterface.podIp.split('/');
        sandbox.tunnel = network.addTunnel(sandbox.vni, remote, podIp);
      } catch (error) {
        throw peerpodErrors.workerTunnel(sandbox.netns, error);
      }
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
    try {
      const { id, podName, podNamespace, instanceName: name, instanceType, image } = sandbox;
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
    await sandbox.tunnel?.close();
    sandbox.tunnel = undefined;
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
    await sandbox.tunnel?.close();
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

  #find(id: string, doing: string): Sandbox {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) throw peerpodErrors.noSandbox(doing);
    return sandbox;
  }

  async close(): Promise<void> {
    // All at once: a node of a thousand pods has to be gone in moments.
    await Promise.all([...this.sandboxes.keys()].map((id) => this.stopVm(id)));
  }
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
