/**
 * What other processes need to know of a pod: one JSON file per pod in a state directory, written by
 * the process that runs it. An ended pod keeps its record and its logs until it is deleted.
 */
import { constants, renameSync, rmSync, writeFileSync } from 'node:fs';
import { access, cp, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isSystemError, KatasimError } from '#base';
import type { ExecBase, RuntimeName } from '#shim';
import { cliErrors } from '../errors.ts';
import { makeDirectory } from './made-directory.ts';
import { isRunning } from './process-identity.ts';

export interface ContainerRecord {
  readonly name: string;
  readonly id: string;
  readonly image: string;
  readonly base: ExecBase;
  readonly ready: boolean;
  /** Once it has ended; undefined also when nobody could tell. */
  readonly exitCode?: number | undefined;
  /** Why nobody could tell: the call that waits for its end failed. */
  readonly lost?: string | undefined;
}

export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstTime: string;
  readonly lastTime: string;
}

/** A request that the policy did not let through. */
export interface Denial {
  readonly time: string;
  readonly endpoint: string;
  readonly verdict: 'deny' | 'fault';
  readonly message: string;
  /** `agent_policy:7: default ExecProcessRequest := false` */
  readonly line?: string | undefined;
}

/** Of an agent in the process that runs the pod. */
export interface DecisionSummary {
  readonly allow: number;
  readonly deny: number;
  readonly fault: number;
  /** The last ones. */
  readonly denials: readonly Denial[];
}

export interface PodRecord {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly sandboxId: string;
  /** The process that runs the pod; the record of a running pod is stale once it is gone. */
  readonly pid: number;
  readonly pidStarted?: string | undefined;
  readonly phase: 'Running' | 'Succeeded' | 'Failed';
  /** The pod's address in the pod network. */
  readonly podIp: string;
  /** Network namespace from which the kernel reaches the pod; only with `--net kernel`. */
  readonly netns?: string;
  /** The loopback address of the pod VM. */
  readonly vmAddress: string;
  /** `<pods-dir>/<sandbox id>/agent.ttrpc`: any shim-side client can use it. */
  readonly agentSocketPath: string;
  readonly logDirectory: string;
  readonly startedAt: string;
  readonly endedAt?: string | undefined;
  /** Whose calls the shim makes; an exec makes the same. */
  readonly runtime: RuntimeName;
  readonly policy: string;
  /** Of the policy that the VM started with; only of a VM in the process that runs the pod. */
  readonly policyDigest?: string | undefined;
  readonly containers: readonly ContainerRecord[];
  readonly events: readonly PodEvent[];
  readonly decisions?: DecisionSummary | undefined;
}

export class PodRecords {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get #pods(): string {
    return join(this.directory, 'pods');
  }

  /** Before anything is started whose record would have no place. */
  async prepare(): Promise<void> {
    for (const folder of [this.#pods, join(this.directory, 'node')]) {
      await makeDirectory(folder, 0o700);
      try {
        await access(folder, constants.W_OK | constants.X_OK);
      } catch (error) {
        throw cliErrors.unwritable(folder, error);
      }
    }
  }

  #fileOf(namespace: string, name: string): string {
    return join(this.#pods, `${namespace}_${name}.json`);
  }

  /** Where the process of a detached pod writes what it would have said. */
  outputOf(namespace: string, name: string): string {
    return join(this.#pods, `${namespace}_${name}.log`);
  }

  /**
   * Written beside and renamed, so that a reader never sees half of it; at once, so that whoever is
   * told of a denial finds it here.
   */
  write(record: PodRecord): void {
    const file = this.#fileOf(record.namespace, record.name);
    const draft = `${file}.${record.pid}`;
    try {
      writeFileSync(draft, JSON.stringify(record, undefined, 2), { mode: 0o600 });
      renameSync(draft, file);
    } catch (error) {
      rmSync(draft, { force: true });
      throw cliErrors.unwritable(file, error);
    }
  }

  /** Copies the logs of an ended pod to where they outlive its process; answers with their place. */
  async keepLogs(directory: string): Promise<string> {
    const kept = join(this.directory, 'logs', basename(directory));
    await mkdir(join(this.directory, 'logs'), { recursive: true, mode: 0o700 });
    await cp(directory, kept, { recursive: true, force: true });
    return kept;
  }

  /** With everything that was kept of the pod. */
  async remove({ namespace, name, uid }: Pick<PodRecord, 'namespace' | 'name' | 'uid'>) {
    const logs = join(this.directory, 'logs');
    await rm(join(logs, `${namespace}_${name}_${uid}`), { recursive: true, force: true });
    // The last one takes the folder along.
    await rmdir(logs).catch(() => undefined);
    await rm(this.outputOf(namespace, name), { force: true });
    await rm(this.#fileOf(namespace, name), { force: true });
  }

  /** A pod that runs, or has ended and was not deleted. */
  async find(namespace: string, name: string): Promise<PodRecord> {
    const record = await this.#read(this.#fileOf(namespace, name));
    if (record !== undefined && !isStale(record)) return record;
    throw new KatasimError('CLI_NO_POD', `pods "${name}" not found`, {
      hint: 'Start it with `katasim run -f pod.yaml`; `katasim get pods` lists what there is.',
    });
  }

  /** The ended pod whose place one of this name would take, if there is one; throws while it runs. */
  async ended({ namespace, name }: Pick<PodRecord, 'namespace' | 'name'>) {
    const taken = (await this.list()).find(
      (record) => record.name === name && record.namespace === namespace,
    );
    if (taken?.phase === 'Running') throw cliErrors.podExists(namespace, name);
    return taken;
  }

  /** Records of running processes that died are removed on the way. */
  async list(): Promise<readonly PodRecord[]> {
    let names: string[];
    try {
      names = await readdir(this.#pods);
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return [];
      throw cliErrors.unreadable(this.#pods, error);
    }
    const records: PodRecord[] = [];
    for (const name of names.filter((entry) => entry.endsWith('.json')).sort()) {
      const path = join(this.#pods, name);
      const record = await this.#read(path);
      if (record === undefined) await rm(path, { force: true });
      else if (isStale(record)) await this.remove(record);
      else records.push(record);
    }
    return records;
  }

  async #read(path: string): Promise<PodRecord | undefined> {
    try {
      return JSON.parse(await readFile(path, 'utf8')) as PodRecord;
    } catch (error) {
      // A record that is gone, or that is none, is a pod that does not run.
      if (error instanceof SyntaxError || (isSystemError(error) && error.code === 'ENOENT')) {
        return undefined;
      }
      throw error;
    }
  }
}

/** Its process was killed and could not say how the pod ended. */
function isStale({ phase, pid, pidStarted }: PodRecord): boolean {
  return phase === 'Running' && !isRunning({ pid, started: pidStarted });
}
