/**
 * What users do with a pod, expanded into the calls that the shim makes for it, and what each refusal
 * looks like to them. Sources: the shim's calls (kata-containers src/runtime/virtcontainers, containerd
 * internal/cri), the texts that kubectl and events show.
 */
import type { KataProfile } from '#gate';

/** How a verb is done: what decides which calls it makes. */
export interface VerbMode {
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** A refusal as the agent sends it, for the texts around it. */
export interface Refused {
  readonly codeName: 'PermissionDenied' | 'Internal';
  readonly message: string;
}

export interface VerbCall {
  readonly endpoint: string;
  /** Without it the verb does something worse than it should, and still works. */
  readonly optional?: true;
  readonly when?: (mode: VerbMode) => boolean;
  /** What happens to the user when it is refused, in one sentence. */
  readonly effect: string | ((kata: KataProfile) => string);
  /** The text on the user's screen or in the pod's events. */
  readonly sees?: (refused: Refused) => string;
}

export interface Verb {
  /** As typed: `exec`, `probe exec`. */
  readonly name: string;
  readonly summary: string;
  /** Takes -i and -t. */
  readonly interactive?: true;
  /** What it runs in the container when the user names no command. */
  readonly command?: readonly string[];
  readonly calls: readonly VerbCall[];
  /** For a verb that the agent never hears of. */
  readonly ungated?: string;
}

const SEEN = { exec: '<exec-id>', container: '<container-id>' };

const execRefused = ({ codeName, message }: Refused): string =>
  `error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "${SEEN.exec}": cannot enter container ${SEEN.container}, with err rpc error: code = ${codeName} desc = ${message}: unknown`;

const sandboxRefused = ({ codeName, message }: Refused): string =>
  `Failed to create pod sandbox: rpc error: code = ${codeName} desc = failed to start sandbox "<sandbox-id>": failed to create containerd task: failed to create shim task: ${message}`;

const containerRefused = ({ message }: Refused): string =>
  `Error: failed to create containerd task: failed to create shim task: ${message}`;

const containerNotStarted = ({ message }: Refused): string =>
  `Error: failed to start containerd task "${SEEN.container}": ${message}`;

const hasInput = ({ stdin }: VerbMode): boolean => stdin;

const exec: VerbCall = {
  endpoint: 'ExecProcessRequest',
  effect: 'the command is not started',
  sees: execRefused,
};
const write: VerbCall = {
  endpoint: 'WriteStreamRequest',
  when: hasInput,
  effect: 'it opens but takes no input',
};
const closeStdin: VerbCall = {
  endpoint: 'CloseStdinRequest',
  when: ({ stdin, tty }) => stdin && !tty,
  effect: 'the end of the input does not arrive: a command that reads to the end hangs',
};
const resize: VerbCall = {
  endpoint: 'TtyWinResizeRequest',
  optional: true,
  when: ({ tty }) => tty,
  effect: 'the terminal keeps the size it had at first',
};
const readOf = (empty: string, error: string): VerbCall => ({
  endpoint: 'ReadStreamRequest',
  effect: ({ deniedRead }) => (deniedRead === 'empty' ? empty : error),
});
const readExec = readOf(
  'the command runs and none of its output is shown, without an error',
  'the command runs, none of its output is shown, and it blocks once the pipe is full',
);
const wait: VerbCall = {
  endpoint: 'WaitProcessRequest',
  effect: 'the command runs and its exit code is never learned',
};

export const VERBS: readonly Verb[] = [
  {
    name: 'start',
    summary: 'start the pod and its containers',
    calls: [
      { endpoint: 'CreateSandboxRequest', effect: 'the pod does not start', sees: sandboxRefused },
      { endpoint: 'GuestDetailsRequest', effect: 'the pod does not start', sees: sandboxRefused },
      {
        endpoint: 'CopyFileRequest',
        effect: 'a pod with resolv.conf, ConfigMaps or Secrets does not start',
        sees: sandboxRefused,
      },
      {
        endpoint: 'CreateContainerRequest',
        effect: 'no container starts',
        sees: containerRefused,
      },
      {
        endpoint: 'StartContainerRequest',
        effect: 'containers are created and do not run',
        sees: containerNotStarted,
      },
      {
        endpoint: 'WaitProcessRequest',
        effect: 'the shim never learns that a container ended: it is not restarted',
      },
      {
        endpoint: 'GetOOMEventRequest',
        optional: true,
        effect: 'a container that runs out of memory does not say OOMKilled',
      },
    ],
  },
  {
    name: 'exec',
    summary: 'kubectl exec',
    interactive: true,
    command: ['sh'],
    calls: [exec, resize, write, readExec, closeStdin, wait],
  },
  {
    name: 'attach',
    summary: 'kubectl attach',
    interactive: true,
    calls: [
      resize,
      write,
      readOf(
        'it opens and shows nothing, without an error',
        'it opens, shows nothing, and the container blocks once the pipe is full',
      ),
      closeStdin,
    ],
  },
  {
    name: 'logs',
    summary: 'kubectl logs, and logs -f',
    calls: [
      readOf(
        'nothing is printed, and the exit code is 0',
        'nothing is printed, and the container blocks once the pipe is full',
      ),
    ],
  },
  {
    name: 'cp to',
    summary: 'kubectl cp FILE POD:PATH, which is tar over exec',
    command: ['tar', '-xmf', '-', '-C', '/tmp'],
    calls: [
      exec,
      { ...write, effect: 'tar starts and gets no archive: nothing is copied' },
      closeStdin,
      readExec,
      wait,
    ],
  },
  {
    name: 'cp from',
    summary: 'kubectl cp POD:PATH FILE, which is tar over exec',
    command: ['tar', 'cf', '-', '/etc/hostname'],
    calls: [
      exec,
      readOf(
        'tar runs and its archive does not arrive: nothing is copied, without an error',
        'tar runs and its archive does not arrive: nothing is copied',
      ),
      wait,
    ],
  },
  {
    name: 'probe exec',
    summary: 'an exec probe, and exec lifecycle hooks',
    command: ['/bin/true'],
    calls: [
      {
        ...exec,
        effect: 'the probe fails: a startup or liveness probe restarts the container each time',
        sees: ({ codeName, message }) =>
          `Startup probe errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "${SEEN.exec}": cannot enter container ${SEEN.container}, with err rpc error: code = ${codeName} desc = ${message}: unknown`,
      },
      { ...readExec, optional: true, effect: 'the event of a failed probe has no output in it' },
      { ...wait, effect: 'the probe runs into its timeout and fails' },
    ],
  },
  {
    name: 'top',
    summary: 'kubectl top, metrics of containers',
    calls: [{ endpoint: 'StatsContainerRequest', effect: 'the container has no metrics' }],
  },
  {
    name: 'delete',
    summary: 'kubectl delete, and restarts of containers',
    calls: [
      {
        endpoint: 'SignalProcessRequest',
        effect: 'containers are not asked to end: deletion waits for its grace period',
      },
      { endpoint: 'WaitProcessRequest', effect: 'the end of containers is not learned' },
      {
        endpoint: 'RemoveContainerRequest',
        effect: 'containers are not removed in the guest: restarts pile up until the VM goes',
      },
      {
        endpoint: 'RemoveStaleVirtiofsShareMountsRequest',
        optional: true,
        effect: 'stale mounts are not looked at',
      },
      {
        endpoint: 'DestroySandboxRequest',
        effect: 'the sandbox is not shut down in order; the VM is killed',
      },
    ],
  },
  {
    name: 'port-forward',
    summary: 'kubectl port-forward',
    calls: [],
    ungated:
      'it makes no call of the agent: it goes through the pod’s network, where no policy decides',
  },
];

/** Spellings that mean one of the table. */
const ALIASES: Readonly<Record<string, string>> = {
  cp: 'cp to',
  'cp-to': 'cp to',
  'cp-from': 'cp from',
  probe: 'probe exec',
  'exec probe': 'probe exec',
  create: 'start',
  run: 'start',
  log: 'logs',
  stats: 'top',
  'port forward': 'port-forward',
};

export const verbNamed = (words: string): Verb | undefined =>
  VERBS.find(({ name }) => name === (Object.hasOwn(ALIASES, words) ? ALIASES[words] : words));

export const verbNames: readonly string[] = VERBS.map(({ name }) => name);
