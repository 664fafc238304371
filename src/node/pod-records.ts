/**
 * What other processes need to know of a pod: one JSON file per pod in a state directory, written by
 * the process that runs it. An ended pod keeps its record and its logs until it is deleted.
 */
import { constants, renameSync, rmSync, writeFileSync } from 'node:fs';
import { access, cp, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileErrors, isSystemError } from '#base';
import { nodeErrors } from './errors.ts';
import { makeDirectory } from './make-directory.ts';
import { hasEnded, type PodRecord } from './pod-record.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** Whether the process that a record names still is the one that wrote it. */
export type IsRunning = (owner: ProcessIdentity) => boolean;

export class PodRecords {
  readonly directory: string;
  readonly #isRunning: IsRunning;

  constructor(directory: string, isRunning: IsRunning) {
    this.directory = directory;
    this.#isRunning = isRunning;
  }

  get #pods(): string {
    return join(this.directory, 'pods');
  }

  /** Fails before anything is started that could not be recorded. */
  async prepare(): Promise<void> {
    for (const folder of [this.#pods, join(this.directory, 'node')]) {
      await makeDirectory(folder, 0o700);
      try {
        await access(folder, constants.W_OK | constants.X_OK);
      } catch (error) {
        throw fileErrors.unwritable(folder, error);
      }
    }
  }

  #fileOf(namespace: string, name: string): string {
    return join(this.#pods, `${namespace}_${name}.json`);
  }

  /** Where the process of a detached pod writes its output. */
  outputOf(namespace: string, name: string): string {
    return join(this.#pods, `${namespace}_${name}.log`);
  }

  /**
   * Written to a draft and renamed, so that a reader never sees half of it; synchronous, so that a
   * denial is in the record before its reply is sent.
   */
  write(record: PodRecord): void {
    const file = this.#fileOf(record.namespace, record.name);
    const draft = `${file}.${record.pid}`;
    try {
      writeFileSync(draft, JSON.stringify(record, undefined, 2), { mode: 0o600 });
      renameSync(draft, file);
    } catch (error) {
      rmSync(draft, { force: true });
      throw fileErrors.unwritable(file, error);
    }
  }

  /** Copies the logs of an ended pod to where they outlive its process; returns the directory. */
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
    // Succeeds when it was the last one.
    await rmdir(logs).catch(() => undefined);
    await rm(this.outputOf(namespace, name), { force: true });
    await rm(this.#fileOf(namespace, name), { force: true });
  }

  /** A pod that runs, or has ended and was not deleted. */
  async find(namespace: string, name: string): Promise<PodRecord> {
    const record = await this.#read(this.#fileOf(namespace, name));
    if (record !== undefined && !this.#isStale(record)) return record;
    throw nodeErrors.noPod(name);
  }

  /** The ended pod whose place one of this name would take, if there is one; throws while it runs. */
  async ended({ namespace, name }: Pick<PodRecord, 'namespace' | 'name'>) {
    const taken = (await this.list()).find(
      (record) => record.name === name && record.namespace === namespace,
    );
    if (taken !== undefined && !hasEnded(taken)) throw nodeErrors.podExists(namespace, name);
    return taken;
  }

  /** Records of running processes that died are removed on the way. */
  async list(): Promise<readonly PodRecord[]> {
    let names: string[];
    try {
      names = await readdir(this.#pods);
    } catch (error) {
      if (isSystemError(error) && error.code === 'ENOENT') return [];
      throw fileErrors.unreadable(this.#pods, error);
    }
    const records: PodRecord[] = [];
    for (const name of names.filter((entry) => entry.endsWith('.json')).sort()) {
      const path = join(this.#pods, name);
      const record = await this.#read(path);
      if (record === undefined) await rm(path, { force: true });
      else if (this.#isStale(record)) await this.remove(record);
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

  /** Its process was killed and could not say how the pod ended. */
  #isStale(record: PodRecord): boolean {
    const { pid, pidStarted } = record;
    return !hasEnded(record) && !this.#isRunning({ pid, started: pidStarted });
  }
}
