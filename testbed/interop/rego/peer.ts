/**
 * The engines that katasim is compared with, as child processes that answer JSON lines: OPA (./opa, Go)
 * and three releases of regorus (./regorus*, Rust). They are built on first use, where their toolchains
 * are.
 */
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** `regorus` is the release nearest to what the newest kata-agent locks. */
export const PEERS = ['opa', 'regorus', 'regorus-0.2.8', 'regorus-next'] as const;

export type PeerName = (typeof PEERS)[number];

export interface PeerModule {
  readonly name: string;
  readonly text: string;
}

export interface PeerRequest {
  readonly op: 'eval' | 'bench' | 'check' | 'fmt' | 'wasm' | 'plan';
  readonly modules: readonly PeerModule[];
  readonly query?: string;
  /** regorus only: op `eval` answers each of them on its own, in `answers`. */
  readonly queries?: readonly string[];
  /** JSON text. */
  readonly input?: string;
  readonly inputs?: readonly string[];
  /** JSON text. */
  readonly data?: string;
  readonly v0?: boolean;
  readonly strict?: boolean;
  readonly entrypoints?: readonly string[];
  readonly run_ms?: number;
  readonly runs?: number;
  /** Op `check`: the only builtins there are, and those that are forbidden. */
  readonly builtins?: readonly string[];
  readonly unsafe?: readonly string[];
}

/** One finding of OPA's parser or compiler. */
export interface PeerError {
  readonly code: string;
  readonly message: string;
  readonly file: string;
  readonly row: number;
  readonly col: number;
  readonly details?: readonly string[];
}

export interface PeerAnswer {
  readonly outcome: 'value' | 'undefined' | 'error' | 'done';
  readonly phase?: string;
  readonly error?: string;
  readonly code?: string;
  /** One for each of `queries`. */
  readonly answers?: readonly PeerAnswer[];
  /** JSON text of the value; of op `fmt` (OPA only) the formatted module. */
  readonly text?: string;
  readonly prints?: readonly string[];
  readonly artefact?: string;
  readonly eval_ns?: readonly number[];
  /** regorus only: asked by rule, and as a compiled policy. */
  readonly eval_rule_ns?: readonly number[];
  readonly eval_compiled_ns?: readonly number[];
  readonly compile_ns?: readonly number[];
  /** Op `check`, OPA only. */
  readonly errors?: readonly PeerError[];
}

interface Recipe {
  readonly tool: string;
  readonly build: readonly string[];
  readonly binary: string;
}

const cargo: Recipe = {
  tool: 'cargo',
  build: ['build', '--release', '--locked', '--quiet'],
  binary: 'target/release/katasim-peer-regorus',
};

const recipes: Readonly<Record<PeerName, Recipe>> = {
  opa: {
    tool: 'go',
    build: ['build', '-o', 'out/katasim-peer-opa', '.'],
    binary: 'out/katasim-peer-opa',
  },
  regorus: cargo,
  'regorus-0.2.8': cargo,
  'regorus-next': cargo,
};

/** Why the peer cannot run here, or undefined when it can. */
export function peerAbsence(name: PeerName): string | undefined {
  const { tool } = recipes[name];
  const found = spawnSync(tool, tool === 'go' ? ['version'] : ['--version'], { stdio: 'ignore' });
  return found.status === 0 ? undefined : `${name} needs ${tool}, which is not installed`;
}

/** Where the peer lies once it is built. */
export const peerBinary = (name: PeerName): string =>
  join(import.meta.dirname, name, recipes[name].binary);

export function buildPeer(name: PeerName): string {
  const directory = join(import.meta.dirname, name);
  const { tool, build } = recipes[name];
  execFileSync(tool, build, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
  return peerBinary(name);
}

/** A running peer. Requests are answered in order; a peer that dies is started again. */
export class Peer {
  readonly name: PeerName;
  private readonly binary: string;
  private child: ChildProcessByStdio<Writable, Readable, null> | undefined;
  private lines: AsyncIterator<string> | undefined;

  constructor(name: PeerName) {
    this.name = name;
    this.binary = buildPeer(name);
  }

  async ask(request: PeerRequest): Promise<PeerAnswer> {
    if (this.child === undefined || this.lines === undefined) {
      // regorus writes prints that nobody gathers to stderr, a page per request.
      this.child = spawn(this.binary, { stdio: ['pipe', 'pipe', 'ignore'] });
      this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    }
    this.child.stdin.write(`${JSON.stringify({ id: 0, ...request })}\n`);
    const line = await this.lines.next();
    if (line.done === true) {
      // A stack overflow ends the process: the guest's agent would be gone as well.
      this.child = undefined;
      return { outcome: 'error', phase: 'crash', error: `${this.name} died` };
    }
    return JSON.parse(line.value) as PeerAnswer;
  }

  async close(): Promise<void> {
    const child = this.child;
    if (child === undefined) return;
    this.child = undefined;
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
