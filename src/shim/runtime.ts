/**
 * The two runtimes as the agent sees them: what one sends and the other does not, one column each.
 * Source: kata-containers 4.1.0, src/runtime/virtcontainers and src/runtime-rs/crates.
 */
import { randomHex, randomUuid, type Random } from '#base';
import type { Api, Init } from '#wire';
import { goWords, rustWords, type RuntimeWords } from './words.ts';

export type RuntimeName = 'go' | 'rs';

export interface Runtime {
  readonly name: RuntimeName;
  /** Health.Check before the first call of a start. */
  readonly checksFirst: boolean;
  /** Reads the policy annotation, and keeps it from the guest. */
  readonly policyAnnotation: boolean;
  /** A hypervisor annotation that is not enabled ends the start; else it is left out of account. */
  readonly refusesAnnotations: boolean;
  /** The exec id of a container's init process. */
  readonly initExecId: (containerId: string) => string;
  readonly newExecId: (random: Random, containerdId: string) => string;
  /** An exec sends its whole process, not five fields of it. */
  readonly wholeExecProcess: boolean;
  readonly readBytes: number;
  /** How the end of stdin is told. */
  readonly stdinEnd: 'CloseStdin' | 'empty-write';
  /** Undefined: a file goes in one call, however large. */
  readonly copyChunkBytes: number | undefined;
  /** A directory is copied once for all containers of a pod that mount it. */
  readonly sharesCopies: boolean;
  /** Knows `disable_guest_empty_dir`. */
  readonly copiesEmptyDirs: boolean;
  /** The guest's end of what the two share. */
  readonly shareDirectory: string;
  /** Storages by their kind, or in the order of the mounts. */
  readonly storageOrder: 'by-kind' | 'by-mount';
  /** CreateSandbox has the modules of the annotation. */
  readonly sendsKernelModules: boolean;
  readonly copyDirMode: { readonly file: number; readonly top: number; readonly below: number };
  readonly timeouts: {
    readonly check: number;
    readonly others: number;
    readonly byMethod: Readonly<Record<string, number>>;
  };
  readonly checkEveryMs: number;
  /** Version instead of nothing else after this many successful checks. */
  readonly versionEvery: number | undefined;
  readonly removal: {
    readonly waits: boolean;
    readonly timeout: number;
    readonly sweepsShareMounts: boolean;
  };
  readonly destroysSandbox: boolean;
  readonly amendSpec: (spec: Init<Api.Spec>, random: Random) => Init<Api.Spec>;
  readonly words: RuntimeWords;
}

const SECOND = 1000;
/** These wait for something to happen; 0 is no limit. */
const waits = { WaitProcess: 0, GetOOMEvent: 0, ReadStdout: 0, ReadStderr: 0 } as const;

/** Go's directory bit and 0750. */
const GO_DIR_MODE = 2147484136;

const go: Runtime = {
  name: 'go',
  checksFirst: true,
  policyAnnotation: true,
  refusesAnnotations: true,
  initExecId: (containerId) => containerId,
  newExecId: randomUuid,
  wholeExecProcess: false,
  readBytes: 32_768,
  stdinEnd: 'CloseStdin',
  copyChunkBytes: 1 << 20,
  sharesCopies: false,
  copiesEmptyDirs: true,
  shareDirectory: '/run/kata-containers/shared/containers',
  storageOrder: 'by-kind',
  // Not with a remote hypervisor.
  sendsKernelModules: false,
  copyDirMode: { file: GO_DIR_MODE, top: GO_DIR_MODE, below: GO_DIR_MODE },
  timeouts: {
    check: 30 * SECOND,
    others: 60 * SECOND,
    // Of a remote hypervisor.
    byMethod: { ...waits, SetPolicy: 300 * SECOND, CreateSandbox: 300 * SECOND },
  },
  checkEveryMs: 5 * SECOND,
  versionEvery: undefined,
  removal: { waits: true, timeout: 0, sweepsShareMounts: true },
  destroysSandbox: true,
  amendSpec: (spec) => spec,
  words: goWords,
};

const rs: Runtime = {
  name: 'rs',
  checksFirst: false,
  policyAnnotation: false,
  refusesAnnotations: false,
  initExecId: () => '',
  newExecId: (_random, containerdId) => containerdId,
  wholeExecProcess: true,
  readBytes: 8192,
  stdinEnd: 'empty-write',
  copyChunkBytes: undefined,
  sharesCopies: true,
  copiesEmptyDirs: false,
  shareDirectory: '/run/kata-containers/shared/containers/passthrough',
  storageOrder: 'by-mount',
  sendsKernelModules: true,
  copyDirMode: { file: 0, top: 0o40750, below: 0o40755 },
  timeouts: {
    check: 90 * SECOND,
    others: 30 * SECOND,
    byMethod: { ...waits, WriteStdin: 0 },
  },
  checkEveryMs: 30 * SECOND,
  versionEvery: 10,
  removal: { waits: false, timeout: 10, sweepsShareMounts: false },
  destroysSandbox: false,
  amendSpec: rustSpec,
  words: rustWords,
};

export const runtimes: Readonly<Record<RuntimeName, Runtime>> = { go, rs };

/** Namespaces and capabilities as runtime-rs spells them; capabilities pass through a hash set. */
function rustSpec(spec: Init<Api.Spec>, random: Random): Init<Api.Spec> {
  const { Process, Linux } = spec;
  const kept = (Linux?.Namespaces ?? []).map((namespace) => ({
    ...namespace,
    Type: namespace.Type === 'mount' ? 'mnt' : (namespace.Type ?? ''),
  }));
  const bare = (names: readonly string[] | undefined): readonly string[] =>
    shuffled(names ?? [], random).map((name) => name.replace(/^CAP_/, ''));
  const sets = Process?.Capabilities;
  return {
    ...spec,
    Process: Process && {
      ...Process,
      Capabilities: sets && {
        Bounding: bare(sets.Bounding),
        Effective: bare(sets.Effective),
        Permitted: bare(sets.Permitted),
      },
    },
    Linux: Linux && { ...Linux, Namespaces: [...kept, { Type: 'cgroup', Path: '' }] },
  };
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const left = [...items];
  const order = random.bytes(left.length);
  return items.flatMap((_, index) => left.splice((order[index] ?? 0) % left.length, 1));
}

/** What containerd calls an exec: users see it in error texts. */
export const newContainerdExecId = (random: Random): string => randomHex(random, 32);
