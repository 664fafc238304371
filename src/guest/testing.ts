/**
 * Helpers for the tests of this room: a sandbox on virtual time, a container with one command.
 */
import { NEWEST_KATA_VERSION, seededRandom } from '#base';
import {
  decodeMessage,
  encodeMessage,
  methodsOf,
  type Api,
  type Init,
  type MessageName,
  type Messages,
} from '#wire';
import type { Lsm } from './kernel/lsm.ts';
import type { SandboxOptions } from './guest.ts';
import { openSandbox } from './open-sandbox.ts';
import type { Sandbox, SandboxCalls } from './sandbox.ts';
import { virtualTime, type VirtualTime } from './time.ts';

/** 1 Aug 2026, 12:00 UTC. */
export const START_MS = Date.UTC(2026, 7, 1, 12);

type Waiting = 'getOOMEvent';
type Bare = 'destroySandbox' | 'getMetrics' | 'listInterfaces' | 'listRoutes' | 'resizeVolume';
type Asked = Exclude<keyof SandboxCalls, Waiting | Bare>;

/** Of messages that are never absent. */
type Present<T> = T extends bigint | string | number | boolean
  ? T
  : { [K in keyof T]: Present<NonNullable<T[K]>> };

/** A sandbox whose requests may be partial: what is left out is the message's default. */
export type TestSandbox = Omit<Sandbox, Asked> & {
  readonly [M in Asked]: (
    request: Init<NonNullable<Parameters<SandboxCalls[M]>[0]>>,
    signal?: AbortSignal,
  ) => M extends 'statsContainer'
    ? Promise<Present<Api.StatsContainerResponse>>
    : ReturnType<SandboxCalls[M]>;
};

export interface TestGuest {
  readonly sandbox: TestSandbox;
  readonly time: VirtualTime;
  /** Bugs of ours that programs met; a test's guest must have none. */
  readonly faults: unknown[];
}

/** A request as the agent hands it over, with every member. */
export const filled = <M extends MessageName>(type: M, request: Init<Messages[M]>): Messages[M] =>
  decodeMessage(type, encodeMessage(type, request));

function lenient(sandbox: Sandbox): TestSandbox {
  const table = new Map<string | symbol, unknown>();
  for (const { method, requestType } of methodsOf('grpc.AgentService')) {
    const name = method.charAt(0).toLowerCase() + method.slice(1);
    const handle: unknown = Reflect.get(sandbox, name);
    if (name === 'getOOMEvent' || typeof handle !== 'function') continue;
    table.set(name, (request: object = {}, ...rest: unknown[]) => {
      const answer: unknown = Reflect.apply(handle, sandbox, [
        filled(requestType, request),
        ...rest,
      ]);
      return answer;
    });
  }
  return new Proxy(sandbox, {
    get: (target, name): unknown => table.get(name) ?? Reflect.get(target, name),
  }) as unknown as TestSandbox;
}

export function openTestGuest(options: Partial<SandboxOptions> = {}): TestGuest {
  const time = virtualTime(START_MS);
  const faults: unknown[] = [];
  const sandbox = openSandbox({
    clock: time.clock,
    timers: time.timers,
    random: seededRandom(1),
    agentVersion: NEWEST_KATA_VERSION,
    onFault: (_, argv, error) => faults.push([argv, error]),
    ...options,
  });
  return { sandbox: lenient(sandbox), time, faults };
}

export const processSpec = (
  argv: readonly string[],
  more: Init<Api.Process> = {},
): Init<Api.Process> => ({
  Terminal: false,
  ConsoleSize: null,
  User: { UID: 0, GID: 0, AdditionalGids: [] },
  Args: argv,
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  Cwd: '/',
  Capabilities: {
    Bounding: [],
    Effective: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'],
    Inheritable: [],
    Permitted: [],
    Ambient: [],
  },
  ...more,
});

export interface ContainerTestOptions {
  readonly image?: string;
  readonly process?: Init<Api.Process>;
  readonly spec?: Init<Api.Spec>;
  readonly sharedPids?: boolean;
  /** Security modules of the guest's kernel. */
  readonly modules?: readonly Lsm[];
}

/** The part of a spec about Linux; at least one namespace is listed, as by every runtime. */
export const linux = (more: Init<Api.Linux> = {}): Init<Api.Linux> => ({
  Namespaces: [{ Type: 'mount' }],
  ...more,
});

export const imagePull = (
  source: string,
  mountPoint: string,
  metadata: Readonly<Record<string, string>> = {},
): Init<Api.Storage> => ({
  driver: 'image_guest_pull',
  driver_options: [`image_guest_pull=${JSON.stringify({ metadata })}`],
  source,
  fstype: 'overlay',
  mount_point: mountPoint,
});

export function createRequest(
  id: string,
  argv: readonly string[],
  options: ContainerTestOptions = {},
): Init<Api.CreateContainerRequest> & { readonly storages: readonly Init<Api.Storage>[] } {
  const root = `/run/kata-containers/${id}/rootfs`;
  const source = options.image ?? 'busybox';
  return {
    container_id: id,
    storages: [imagePull(source, root)],
    sandbox_pidns: options.sharedPids ?? false,
    OCI: {
      Version: '1.1.0',
      Process: processSpec(argv, options.process),
      Root: { Path: root, Readonly: false },
      Mounts: [
        { destination: '/proc', source: 'proc', type: 'proc', options: [] },
        { destination: '/dev', source: 'tmpfs', type: 'tmpfs', options: [] },
      ],
      Annotations: { 'io.kubernetes.cri.container-type': 'container' },
      Linux: linux(),
      ...options.spec,
    },
  };
}

export async function startContainer(
  sandbox: TestSandbox,
  id: string,
  argv: readonly string[],
  options: ContainerTestOptions = {},
): Promise<void> {
  await sandbox.createContainer(createRequest(id, argv, options));
  await sandbox.startContainer({ container_id: id });
}

/** Everything a stream yields until its end. */
export async function drain(read: () => Promise<{ data: Uint8Array }>): Promise<string> {
  const parts: Uint8Array[] = [];
  while (true) {
    const { data } = await read();
    if (data.length === 0) return Buffer.concat(parts).toString('utf8');
    parts.push(data);
  }
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Output and exit code of a process. With `input`, stdin is written and closed. */
export async function collect(
  sandbox: TestSandbox,
  id: string,
  { execId = '', input }: { execId?: string; input?: string } = {},
): Promise<RunResult> {
  const ref = { container_id: id, exec_id: execId };
  const fed = (async (): Promise<void> => {
    if (input === undefined) return;
    if (input !== '') await sandbox.writeStdin({ ...ref, data: Buffer.from(input) });
    await sandbox.closeStdin(ref);
  })();
  const [stdout, stderr] = await Promise.all([
    drain(() => sandbox.readStdout({ ...ref, len: 32768 })),
    drain(() => sandbox.readStderr({ ...ref, len: 32768 })),
    fed.catch(() => undefined),
  ]);
  const { status } = await sandbox.waitProcess(ref);
  return { stdout, stderr, code: status };
}

/** One command in a fresh container of a fresh sandbox on virtual time; `sleep` takes no time. */
export async function run(
  argv: readonly string[],
  options: ContainerTestOptions & { readonly input?: string } = {},
): Promise<RunResult> {
  const { sandbox, time, faults } = openTestGuest({ modules: options.modules });
  try {
    await startContainer(sandbox, 'test', argv, options);
    const input = options.input === undefined ? {} : { input: options.input };
    const outcome = { done: false };
    const result = collect(sandbox, 'test', input).finally(() => (outcome.done = true));
    // Time moves whenever nothing else does.
    for (let i = 0; !outcome.done && i < 10_000; i++) await time.advance(time.nextIn() ?? 0);
    const collected = await result;
    if (faults.length > 0)
      throw new Error(`fault in a simulated program: ${String(faults[0])}`, { cause: faults[0] });
    return collected;
  } finally {
    await sandbox.close();
  }
}

export const sh = (script: string, options: Parameters<typeof run>[1] = {}): Promise<RunResult> =>
  run(['sh', '-c', script], options);
