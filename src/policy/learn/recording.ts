/**
 * Recorded requests in order, told apart: which pod they belong to, which container each is about, and
 * what state that container was in. A log holds one pod after the other when it holds several.
 */
import type { ErrorLocation } from '#base';
import type { Json } from '#wire';
import { isObject } from '../corpus/complete-input.ts';
import type { Corpus, CorpusEntry } from '../corpus/entry.ts';

export interface Call {
  readonly endpoint: string;
  readonly input: Json;
  readonly place: ErrorLocation;
  readonly pod: Pod;
  /** The container it is about; undefined for calls on none, and when its creation is not recorded. */
  readonly container: Container | undefined;
  /** It has a container id. */
  readonly isOnContainer: boolean;
}

/** One container between its creation and its removal. */
export interface Container {
  readonly id: string;
  readonly created: Call;
  /** `created` until StartContainer. */
  phase: 'created' | 'running';
  /** Endpoints seen before it was started. */
  readonly before: Set<string>;
  readonly execs: Map<string, Call>;
  /** Execs whose stdin was written or closed. */
  readonly stdin: Set<Call>;
}

export interface Pod {
  readonly file: string;
  readonly calls: Call[];
  sandbox: Call | undefined;
  readonly containers: Container[];
  /** A second CreateSandbox came without a DestroySandbox in between. */
  readonly continues: boolean;
  /** The pod's own addresses. */
  readonly addresses: Set<string>;
}

/** Annotation keys of containerd and CRI-O, the first that is there counts. */
const POD_KEYS = {
  sandbox_id: ['io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'],
  pod_name: ['io.kubernetes.cri.sandbox-name', 'io.kubernetes.cri-o.KubeName'],
  pod_uid: ['io.kubernetes.cri.sandbox-uid'],
  container_name: ['io.kubernetes.cri.container-name', 'io.kubernetes.cri-o.ContainerName'],
  container_type: ['io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType'],
  image: ['io.kubernetes.cri.image-name', 'io.kubernetes.cri-o.ImageName'],
} as const;

export type PodKey = keyof typeof POD_KEYS;

/** The annotation behind a word, and its value. */
export function annotationOf(
  input: Json,
  key: PodKey,
): { readonly key: string; readonly value: string } | undefined {
  const oci = memberOf(input, 'OCI');
  const annotations = memberOf(oci, 'Annotations');
  for (const name of POD_KEYS[key]) {
    const value = memberOf(annotations, name);
    if (typeof value === 'string') return { key: name, value };
  }
  return undefined;
}

export function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

export function textMember(value: Json | undefined, name: string): string | undefined {
  const member = memberOf(value, name);
  return typeof member === 'string' ? member : undefined;
}

/** They give a process input. */
export const STDIN_ENDPOINTS: ReadonlySet<string> = new Set([
  'WriteStreamRequest',
  'CloseStdinRequest',
]);

export interface Recording {
  readonly pods: readonly Pod[];
  /** Requests that were refused when they were recorded, and are not learned. */
  readonly refused: number;
  /** Requests without an answer in logs that have answers: refused, or allowed by a plain `true`. */
  readonly unanswered: readonly Unanswered[];
}

export interface Unanswered {
  readonly entry: CorpusEntry;
  /** Others of its endpoint have an answer, so that this one was refused. */
  readonly isRefused: boolean;
}

/** A pod per CreateSandbox; every file starts a new one. */
export function readRecording(corpora: readonly Corpus[]): Recording {
  const pods: Pod[] = [];
  const unanswered: Unanswered[] = [];
  let refused = 0;
  for (const corpus of corpora) {
    let walk = new PodWalk(corpus.file);
    const answering = new Set(
      corpus.entries.filter(({ recorded }) => recorded !== undefined).map((one) => one.endpoint),
    );
    for (const entry of corpus.entries) {
      const { endpoint, input, recorded, place } = entry;
      // The agent evaluates it on its own account at every load; it is no request.
      if (endpoint === 'AllowRequestsFailingPolicy') continue;
      const isSilent = entry.unanswered === true && answering.has(endpoint);
      if (entry.unanswered === true) unanswered.push({ entry, isRefused: isSilent });
      if (isSilent || (recorded !== undefined && recorded !== 'allow')) {
        refused++;
        continue;
      }
      if (endpoint === 'CreateSandboxRequest' && walk.isTaken) {
        pods.push(walk.pod);
        walk = new PodWalk(corpus.file, !walk.isDestroyed);
      }
      walk.add(endpoint, input, place);
    }
    pods.push(walk.pod);
  }
  return { pods: pods.filter(({ calls }) => calls.length > 0), refused, unanswered };
}

class PodWalk {
  readonly pod: Pod;
  readonly #present = new Map<string, Container>();
  isDestroyed = false;

  constructor(file: string, continues = false) {
    this.pod = {
      file,
      calls: [],
      sandbox: undefined,
      containers: [],
      continues,
      addresses: new Set(),
    };
  }

  /** A CreateSandbox now begins another pod. */
  get isTaken(): boolean {
    return this.pod.sandbox !== undefined || this.pod.containers.length > 0;
  }

  add(endpoint: string, input: Json, place: ErrorLocation): void {
    const id = textMember(input, 'container_id');
    const known = id === undefined ? undefined : this.#present.get(id);
    const isCreate = endpoint === 'CreateContainerRequest';
    const call: Call = {
      endpoint,
      input,
      place,
      pod: this.pod,
      container: isCreate ? undefined : known,
      isOnContainer: id !== undefined && !isCreate,
    };
    this.pod.calls.push(call);
    if (endpoint === 'CreateSandboxRequest') this.pod.sandbox = call;
    if (endpoint === 'DestroySandboxRequest') this.isDestroyed = true;
    if (endpoint === 'UpdateInterfaceRequest') this.#noteAddresses(input);
    if (isCreate && id !== undefined) this.#create(id, call);
    if (known === undefined) return;
    if (known.phase === 'created') known.before.add(endpoint);
    const execId = textMember(input, 'exec_id');
    if (endpoint === 'ExecProcessRequest' && execId !== undefined) known.execs.set(execId, call);
    const exec = STDIN_ENDPOINTS.has(endpoint) ? known.execs.get(execId ?? '') : undefined;
    if (exec !== undefined) known.stdin.add(exec);
    if (endpoint === 'StartContainerRequest') known.phase = 'running';
    if (endpoint === 'RemoveContainerRequest') this.#present.delete(known.id);
  }

  #create(id: string, created: Call): void {
    const container: Container = {
      id,
      created,
      phase: 'created',
      before: new Set(),
      execs: new Map(),
      stdin: new Set(),
    };
    this.pod.containers.push(container);
    this.#present.set(id, container);
  }

  #noteAddresses(input: Json): void {
    const list = memberOf(memberOf(input, 'interface'), 'IPAddresses');
    if (!Array.isArray(list)) return;
    for (const item of list as readonly Json[]) {
      const address = textMember(item, 'address');
      if (address !== undefined) this.pod.addresses.add(address);
    }
  }
}
