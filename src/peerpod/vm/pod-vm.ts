/**
 * A pod VM: an address, a file tree and the systemd units in their order. The agent comes in as a
 * hook; process-user-data, forwarder and pod network are real. Source: cloud-api-adaptor v0.22.0
 * podvm/files/etc/systemd/system.
 */
import {
  type Clock,
  type Closable,
  closeAll,
  type Logger,
  messageOf,
  type Random,
  runOnce,
  silentLogger,
} from '#base';
import { peerpodErrors } from '../errors.ts';
import { APF_CONFIG_PATH, parseApfConfig, type ApfConfig } from '../forwarder/apf-config.ts';
import type { VolumeHost } from '../forwarder/cloud-volumes.ts';
import { startForwarder, type Forwarder, type ForwarderOptions } from '../forwarder/forwarder.ts';
import { openPodNetwork, type PodNetworkEnd, type PodPorts } from '../network/pod-network.ts';
import type { RelayEvent } from '../relay/redirector.ts';
import type { Sleep } from '../relay/retry.ts';
import type { TlsSettings } from '../tls/settings.ts';
import type { MachineAddress } from './address-pool.ts';
import { VmFiles } from './files.ts';
import { PEERPOD_DIRECTORY, provisionFiles, type Provisioned } from './process-user-data.ts';

interface PodVmImage {
  readonly name: string;
  /** `/etc/kata-opa/allow-all.rego` of the image, copied to policy.rego at boot when absent. */
  readonly defaultPolicy: string;
}

type PolicySource = 'image-default' | 'initdata';

/** What the agent finds when its unit starts. */
export interface AgentEnvironment {
  readonly instanceName: string;
  readonly podNamespace: string;
  readonly podName: string;
  /** Where it must listen with ttrpc: `unix://` plus this. */
  readonly socketPath: string;
  /** The policy file, `/etc/kata-opa/default-policy.rego`. */
  readonly policy: { readonly text: string; readonly source: PolicySource };
  readonly provisioned: Provisioned;
  readonly files: VmFiles;
  /** Without prefix length; undefined when apf.json has no pod network. */
  readonly podIp: string | undefined;
  readonly logger: Logger;
}

export interface PodVmAgent extends Closable {
  /** The pod's ports, for the tunnel's end. */
  readonly network?: PodPorts | undefined;
  readonly volumes?: VolumeHost | undefined;
}

type UnitName =
  | 'process-user-data'
  | 'attestation-agent'
  | 'confidential-data-hub'
  | 'kata-agent'
  | 'agent-protocol-forwarder';

type UnitState = 'waiting' | 'active' | 'condition-failed' | 'failed';

export interface PodVmOptions {
  readonly name: string;
  readonly address: MachineAddress;
  readonly userData: string | undefined;
  readonly image: PodVmImage;
  /** Path for the agent's socket on this machine; short, because unix paths are. */
  readonly agentSocketPath: string;
  readonly startAgent: (environment: AgentEnvironment) => Promise<PodVmAgent>;
  /** The forwarder's flags; its certificates come with apf.json. */
  readonly tls?: TlsSettings | 'plain';
  /**
   * `required` as in the image: no aa.toml, no attestation agent, and nothing after it starts.
   * `lenient` starts the agent all the same.
   */
  readonly attestation?: 'required' | 'lenient';
  /** Resolves when the VM may go on booting; late start. */
  readonly bootGate?: (signal: AbortSignal) => Promise<void>;
  readonly admit?: ForwarderOptions['admit'];
  readonly certificate?: ForwarderOptions['certificate'];
  readonly observe?: (event: RelayEvent) => void;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly sleep?: Sleep;
}

export interface PodVm extends Closable {
  readonly name: string;
  readonly address: MachineAddress;
  readonly files: VmFiles;
  readonly units: ReadonlyMap<UnitName, UnitState>;
  /** Settles when booting is over. Rejects when a unit failed; a VM that failed stays, dead. */
  readonly booted: Promise<void>;
  readonly provisioned: Provisioned | undefined;
  readonly policy: AgentEnvironment['policy'] | undefined;
  readonly agent: PodVmAgent | undefined;
  readonly forwarder: Forwarder | undefined;
  readonly network: PodNetworkEnd | undefined;
}

const ALLOW_ALL_PATH = '/etc/kata-opa/allow-all.rego';
const DEFAULT_POLICY_PATH = '/etc/kata-opa/default-policy.rego';
const POLICY_PATH = `${PEERPOD_DIRECTORY}/policy.rego`;

/** Powers the VM on; booting goes on in the background, as in a cloud. */
export function startPodVm(options: PodVmOptions): PodVm {
  return new RunningPodVm(options);
}

class RunningPodVm implements PodVm {
  readonly name: string;
  readonly address: MachineAddress;
  readonly files = new VmFiles();
  readonly units = new Map<UnitName, UnitState>();
  readonly booted: Promise<void>;
  readonly close: () => Promise<void>;
  provisioned: Provisioned | undefined;
  policy: AgentEnvironment['policy'] | undefined;
  agent: PodVmAgent | undefined;
  forwarder: Forwarder | undefined;
  network: PodNetworkEnd | undefined;
  readonly #options: PodVmOptions;
  readonly #log: Logger;
  readonly #off = new AbortController();

  constructor(options: PodVmOptions) {
    this.name = options.name;
    this.address = options.address;
    this.#options = options;
    this.#log = (options.logger ?? silentLogger).child({ vm: options.name });
    for (const unit of ORDER) this.units.set(unit, 'waiting');
    this.booted = this.#boot();
    // A VM that does not come up is reported by its units and the log.
    this.booted.catch(() => undefined);
    this.close = runOnce(async () => {
      this.#off.abort(peerpodErrors.vmStopped(options.name));
      await this.booted.catch(() => undefined);
      const parts = [this.address, this.agent, this.forwarder].filter((part) => part !== undefined);
      await closeAll(parts);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #boot(): Promise<void> {
    this.#layOutImage();
    // In its own turn, so that the caller has the VM before anything happens.
    await Promise.resolve();
    await this.#options.bootGate?.(this.#off.signal);
    this.#off.signal.throwIfAborted();
    this.provisioned = await this.#unit('process-user-data', () =>
      Promise.resolve(provisionFiles(this.files, this.#options.userData, this.#log)),
    );
    if (!this.#startGuestComponents()) return;
    const config = this.#apfConfig();
    this.agent = await this.#unit('kata-agent', () =>
      this.#options.startAgent(this.#environment(config)),
    );
    this.#off.signal.throwIfAborted();
    this.forwarder = await this.#unit('agent-protocol-forwarder', () => this.#forward(config));
    this.#log.info({ address: this.address.host, port: this.forwarder.port }, 'pod VM is up');
  }

  /** The image's files and what systemd-tmpfiles makes of them at boot. */
  #layOutImage(): void {
    this.files.write(ALLOW_ALL_PATH, this.#options.image.defaultPolicy);
    this.files.link(DEFAULT_POLICY_PATH, POLICY_PATH);
    this.files.write(POLICY_PATH, this.#options.image.defaultPolicy);
    this.files.write(`${PEERPOD_DIRECTORY}/auth.json`, '');
  }

  /** Attestation agent and data hub do no work here, but their conditions hold the agent back. */
  #startGuestComponents(): boolean {
    const ready =
      this.files.has(`${PEERPOD_DIRECTORY}/aa.toml`) || this.#options.attestation === 'lenient';
    const state = ready ? 'active' : 'condition-failed';
    this.units.set('attestation-agent', state);
    this.units.set('confidential-data-hub', state);
    if (ready) return true;
    for (const unit of ['kata-agent', 'agent-protocol-forwarder'] as const) {
      this.units.set(unit, 'condition-failed');
    }
    // At this level only: the caller reads it from `units` and reports it once.
    this.#log.info(
      { unit: 'attestation-agent', path: `${PEERPOD_DIRECTORY}/aa.toml` },
      'initdata has no aa.toml: the attestation agent, and with it the kata agent, does not start',
    );
    return false;
  }

  async #unit<T>(unit: UnitName, start: () => Promise<T>): Promise<T> {
    try {
      const started = await start();
      this.units.set(unit, 'active');
      return started;
    } catch (error) {
      this.units.set(unit, 'failed');
      this.#log.info({ unit, err: messageOf(error) }, 'unit failed');
      throw error;
    }
  }

  #apfConfig(): ApfConfig {
    const text = this.files.readText(APF_CONFIG_PATH);
    if (text === undefined) {
      throw peerpodErrors.apfUnreadable(APF_CONFIG_PATH, new Error('no such file or directory'));
    }
    return parseApfConfig(text);
  }

  #environment(config: ApfConfig): AgentEnvironment {
    const { provisioned } = this;
    if (provisioned === undefined) throw peerpodErrors.vmStopped(this.name);
    const source = provisioned.initdata.data.has('policy.rego') ? 'initdata' : 'image-default';
    this.policy = { text: this.files.readText(DEFAULT_POLICY_PATH) ?? '', source };
    return {
      instanceName: this.name,
      podNamespace: config['pod-namespace'],
      podName: config['pod-name'],
      socketPath: this.#options.agentSocketPath,
      policy: this.policy,
      provisioned,
      files: this.files,
      podIp: config['pod-network']?.podip.split('/')[0],
      logger: this.#log,
    };
  }

  #forward(config: ApfConfig): Promise<Forwarder> {
    const { observe, admit, certificate, random, sleep } = this.#options;
    const volumes = this.agent?.volumes;
    return startForwarder({
      host: this.address.host,
      port: this.address.agentPort,
      agentSocketPath: this.#options.agentSocketPath,
      tls: this.#options.tls ?? {},
      config,
      setUpPodNetwork: () => Promise.resolve(this.#setUpNetwork(config)),
      logger: this.#log,
      ...(volumes && { volumes }),
      ...(observe && { observe }),
      ...(admit && { admit }),
      ...(certificate && { certificate }),
      ...(random && { random }),
      ...(sleep && { sleep }),
    });
  }

  #setUpNetwork(config: ApfConfig): PodNetworkEnd {
    const network = config['pod-network'];
    // The real forwarder crashes on a nil pointer here.
    if (network === null)
      throw peerpodErrors.podNetworkConfig('pod-network is missing in apf.json');
    const { clock, random } = this.#options;
    this.network = openPodNetwork(this.address.vxlan, {
      config: network,
      ports: this.agent?.network ?? NO_PORTS,
      logger: this.#log,
      ...(clock && { clock }),
      ...(random && { random }),
    });
    return this.network;
  }
}

const ORDER: readonly UnitName[] = [
  'process-user-data',
  'attestation-agent',
  'confidential-data-hub',
  'kata-agent',
  'agent-protocol-forwarder',
];

/** An agent without ports of its own still answers ARP and ping. */
const NO_PORTS: PodPorts = { ports: () => [], connect: () => undefined };
