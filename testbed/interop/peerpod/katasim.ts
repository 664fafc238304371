/** katasim itself as it is built, as a process of its own, and a pod that it runs. */
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createSimulator, type Simulator } from '#sim';
import { Background, output, run, type Outcome } from './programs.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const PROTOS = join(ROOT, 'proto');

const words = (args: readonly string[]): string[] => [
  process.execPath,
  join(ROOT, 'dist/katasim.cjs'),
  ...args,
];

export const katasim = (...args: string[]): Background =>
  new Background(words(args), { cwd: ROOT });
export const katasimRun = (...args: string[]): Promise<Outcome> => run(words(args), { cwd: ROOT });

/** A directory that goes away again. */
export async function scratch(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'kpi-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export interface RunningPod extends AsyncDisposable {
  readonly name: string;
  readonly podIp: string;
  /** Loopback address of the pod VM. */
  readonly vmAddress: string;
  /** With `--net kernel`. */
  readonly netns: string;
  /** The output of a command in the pod. */
  exec(...command: string[]): Promise<string>;
  execInBackground(...command: string[]): Background;
}

/** Starts a pod with `katasim run` and waits until its container says that it is ready. */
export async function startPod(
  name: string,
  script: string,
  args: readonly string[],
): Promise<RunningPod> {
  const folder = await scratch();
  const file = join(folder.path, 'pod.json');
  const container = { name, image: 'busybox', command: ['sh', '-c', script] };
  const spec = { runtimeClassName: 'kata-remote', containers: [container] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec };
  await writeFile(file, JSON.stringify(pod));
  const state = ['--state-dir', folder.path];
  const background = katasim('run', '-f', file, ...state, ...args);
  const stop = async (): Promise<void> => {
    await background[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  try {
    await background.line(/ is running: /);
    const record = JSON.parse(
      await readFile(join(folder.path, 'pods', `default_${name}.json`), 'utf8'),
    ) as { podIp: string; vmAddress: string; netns?: string };
    await using logs = katasim('logs', '-f', ...state, name);
    await logs.line(/^ready/);
    const exec = ['exec', ...state, name, '--'];
    return {
      name,
      podIp: record.podIp,
      vmAddress: record.vmAddress,
      netns: record.netns ?? '',
      exec: (...command) => output(words([...exec, ...command]), { cwd: ROOT }),
      execInBackground: (...command) => katasim(...exec, ...command),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A worker without pods, in this process, whose pod VMs allow everything. */
export async function openWorker(): Promise<Simulator> {
  return createSimulator({
    imagePolicy: await readFile(join(ROOT, 'policies/allow-all.rego'), 'utf8'),
    peerPods: { PEERPODS_LIMIT_PER_NODE: '200' },
  });
}
