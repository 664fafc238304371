/**
 * What other processes need to find a running pod: one JSON file per pod in a state directory, written
 * by the process that runs it, and the log files of its containers beside it.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { isSystemError, KatasimError } from '#base';
import type { ExecBase } from '#shim';

export interface ContainerRecord {
  readonly name: string;
  readonly id: string;
  readonly image: string;
  readonly base: ExecBase;
}

export interface PodRecord {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly sandboxId: string;
  /** The process that runs the pod; the record is stale once it is gone. */
  readonly pid: number;
  readonly phase: 'Running';
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
  readonly policy: string;
  readonly containers: readonly ContainerRecord[];
}

export class PodRecords {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  private fileOf(namespace: string, name: string): string {
    return join(this.directory, 'pods', `${namespace}_${name}.json`);
  }

  /** Written beside and renamed, so that a reader never sees half of it. */
  async write(record: PodRecord): Promise<void> {
    const file = this.fileOf(record.namespace, record.name);
    await mkdir(join(this.directory, 'pods'), { recursive: true, mode: 0o700 });
    await writeFile(`${file}.${record.pid}`, JSON.stringify(record, undefined, 2), { mode: 0o600 });
    await rename(`${file}.${record.pid}`, file);
  }

  async remove(namespace: string, name: string): Promise<void> {
    await rm(this.fileOf(namespace, name), { force: true });
  }

  async find(namespace: string, name: string): Promise<PodRecord> {
    const record = await this.read(this.fileOf(namespace, name));
    if (record !== undefined && isAlive(record.pid)) return record;
    throw new KatasimError('CLI_NO_POD', `pods "${name}" not found`, {
      hint: 'Start it with `katasim run -f pod.yaml`; `katasim get pods` lists what runs.',
    });
  }

  /** Records of pods that run; those of processes that died are removed. */
  async list(): Promise<readonly PodRecord[]> {
    let names: string[];
    try {
      names = await readdir(join(this.directory, 'pods'));
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return [];
      throw error;
    }
    const records: PodRecord[] = [];
    for (const name of names.filter((entry) => entry.endsWith('.json')).sort()) {
      const path = join(this.directory, 'pods', name);
      const record = await this.read(path);
      if (record !== undefined && isAlive(record.pid)) records.push(record);
      else await rm(path, { force: true });
    }
    return records;
  }

  private async read(path: string): Promise<PodRecord | undefined> {
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

/** Signal 0 asks whether a process is there. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return isSystemError(error) && error.code === 'EPERM';
  }
}
