/** Replays recorded calls on agents of ours, one fresh agent for each run, and judges the answers. */
import { isDeepStrictEqual } from 'node:util';
import { isSystemError, KatasimError } from '#base';
import { startAgent, type Agent } from '#agent';
import { policyDocument } from '#gate';
import { findMethod } from '#wire';
import { policyBytes } from './policies.ts';
import { fromJson, toJson } from './protobuf-json.ts';
import { RawFrames } from './raw-frames.ts';
import { WireClient } from './wire-client.ts';
import { within } from './within.ts';
import type { Pair, Run } from './pairs.ts';

export interface Outcome {
  readonly pair: Pair;
  readonly ours: unknown;
  readonly equal: boolean;
}

/** Recorded calls without an answer are given this long to get none; all others wait for theirs. */
const QUIET_MS = 150;
/** Turns a hang of ours into a difference. */
const HANG_MS = 5_000;

/** The policy file's name in recorded messages. */
const POLICY_FILE = 'POLICYFILE';

const NO_ANSWER = { outcome: 'no answer' };
const NO_CONNECTION = { outcome: 'no connection' };

/** Undefined: the agent refuses to start, as it must say by an error of its own. */
async function start(run: Run): Promise<Agent | undefined> {
  try {
    const bytes = policyBytes(run);
    if (bytes === undefined) return undefined;
    const policy = await policyDocument(bytes, { source: 'image-default', module: POLICY_FILE });
    return await startAgent({ listen: ['tcp://127.0.0.1:0'], policies: [policy] });
  } catch (error) {
    if (error instanceof KatasimError && error.code.startsWith('POLICY_')) return undefined;
    throw error;
  }
}

export async function replay(run: Run): Promise<Outcome[]> {
  const agent = await start(run);
  if (agent === undefined) return run.pairs.map((pair) => judged(pair, withoutAgent(pair)));
  const replayer = new Replayer(agent, await WireClient.open(agent.endpoints[0] ?? ''));
  try {
    const outcomes: Outcome[] = [];
    for (const group of together(run.pairs)) {
      const answers = group.map((pair) => replayer.answer(pair));
      for (const [index, pair] of group.entries())
        outcomes.push(judged(pair, await answers[index]));
    }
    return outcomes;
  } finally {
    replayer.close();
    await agent.close();
  }
}

const withoutAgent = ({ method }: Pair): unknown =>
  method === 'process' ? { serving: false } : NO_CONNECTION;

/**
 * Calls that were under way at the same time. A `pending` one is sent before the call that ends it, but
 * its answer is recorded behind.
 */
function together(pairs: readonly Pair[]): Pair[][] {
  const groups: Pair[][] = [];
  for (const pair of pairs) {
    const previous = groups.at(-1);
    if (previous !== undefined && pair.desc.startsWith('pending ')) previous.unshift(pair);
    else if (previous?.[0]?.desc.includes('(parallel ') && pair.desc.includes('(parallel '))
      previous.push(pair);
    else groups.push([pair]);
  }
  return groups;
}

class Replayer {
  readonly #agent: Agent;
  readonly #client: WireClient;
  readonly #raw: RawFrames;
  /** Which container an exec belongs to, for recordings that name only the exec. */
  readonly #containers = new Map<string, string>();

  constructor(agent: Agent, client: WireClient) {
    this.#agent = agent;
    this.#client = client;
    this.#raw = new RawFrames(agent.endpoints[0] ?? '', QUIET_MS);
  }

  close(): void {
    this.#client.close();
    this.#raw.close();
  }

  async answer(pair: Pair): Promise<unknown> {
    switch (pair.method) {
      case 'process':
        return await this.#process(pair);
      case 'raw':
        return await this.#raw.send(pair);
      case 'ReadStdout*':
        return await this.#readAll(pair);
      default:
        return await this.#call(pair, pair.method, requestOf(pair));
    }
  }

  async #process({ real }: Pair): Promise<unknown> {
    if ('serving' in (real as object)) return { serving: true };
    await this.#agent.stopped;
    const connected = await WireClient.open(this.#agent.endpoints[0] ?? '').catch(
      (error: unknown) => {
        if (!isSystemError(error)) throw error;
      },
    );
    connected?.close();
    return { gone: connected === undefined };
  }

  async #call(pair: Pair, method: string, request: Record<string, unknown>): Promise<unknown> {
    if (method === 'ExecProcess')
      this.#containers.set(request['exec_id'] as string, request['container_id'] as string);
    const service = serviceOf(pair);
    const info = findMethod(service, method);
    const payload = info === undefined ? new Uint8Array() : fromJson(info.requestType, request);
    const timeoutNano = timeoutOf(pair);
    const call = this.#client.call({ service, method, payload, timeoutNano });
    const answer = await within(call, isUnanswered(pair.real) ? QUIET_MS : HANG_MS);
    if (answer === undefined) return NO_ANSWER;
    const { code, message } = answer;
    if (code !== 0 || info === undefined) return { code, message };
    return { code, message, result: toJson(info.responseType, answer.payload) };
  }

  async #readAll(pair: Pair): Promise<unknown> {
    const { exec_id: execId } = pair.request as { exec_id: string };
    const request = { container_id: this.#containers.get(execId), exec_id: execId, len: 4096 };
    let total = 0;
    while (true) {
      const last = await this.#call(pair, 'ReadStdout', request);
      const { data } = ((last as { result?: unknown }).result ?? {}) as { data?: string };
      if (data === undefined) return { total, last };
      total += Buffer.from(data, 'base64').length;
    }
  }
}

const isUnanswered = (real: unknown): boolean =>
  ((real as { outcome?: string }).outcome ?? '').startsWith('no answer');

/** The recordings name the service only where it matters, in words. */
function serviceOf({ desc, method, real }: Pair): string {
  const { message = '' } = real as { message?: string };
  const missing = /^(.*) service does not exist$/.exec(message)?.[1];
  if (missing !== undefined) return missing;
  if (desc === 'Check on AgentService') return 'grpc.AgentService';
  const isHealth = method === 'Check' || method === 'Version' || desc.includes('Health method');
  return isHealth ? 'grpc.Health' : 'grpc.AgentService';
}

const UNITS: Readonly<Record<string, bigint>> = { ns: 1n, ms: 1_000_000n };

function timeoutOf({ desc }: Pair): bigint | undefined {
  if (desc.endsWith(' negative timeout')) return -1n;
  const [, count, unit] = / with ttrpc timeout (\d+) (ns|ms)$/.exec(desc) ?? [];
  return count === undefined ? undefined : BigInt(count) * (UNITS[unit ?? ''] ?? 1n);
}

/** Requests of 4 MiB were cut in the recording; `bytes` is the length of their JSON text. */
function requestOf({ request }: Pair): Record<string, unknown> {
  const { cut, bytes = 0 } = request as { cut?: string; bytes?: number };
  if (cut === undefined) return request as Record<string, unknown>;
  const around = '{"container_id": "c", "data": ""}'.length;
  const padding = /=*(?="\}$)/.exec(cut)?.[0].length ?? 0;
  const data = Buffer.alloc(((bytes - around) / 4) * 3 - padding, 'x');
  return { container_id: 'c', data };
}

function judged(pair: Pair, ours: unknown): Outcome {
  return { pair, ours, equal: isEqual(pair, ours) };
}

function isEqual({ compared, real }: Pair, ours: unknown): boolean {
  const { outcome } = real as { outcome?: string };
  if (outcome !== undefined) {
    const expected = outcome.startsWith('no answer') ? NO_ANSWER : NO_CONNECTION;
    return compared === 'none' || isDeepStrictEqual(ours, expected);
  }
  const [theirs, own] = [headOf(real), headOf(ours)];
  switch (compared) {
    case 'none':
      return true;
    case 'code':
      return theirs.code === own.code;
    case 'codemsg':
    case 'shape':
      return theirs.code === own.code && theirs.message === own.message;
    case 'full':
      return isDeepStrictEqual(withoutPayload(ours), withoutPayload(real));
  }
}

/** A refusal has no payload; some recordings say so and some do not. */
function withoutPayload(answer: unknown): unknown {
  const { payload, ...rest } = answer as { payload?: unknown };
  return payload === '' || payload === undefined ? rest : answer;
}

/** Code and message, also of an answer whose recording was cut in its result. */
function headOf(answer: unknown): { code?: number; message?: string } {
  const { cut } = answer as { cut?: string };
  if (cut === undefined) return answer as { code?: number; message?: string };
  const head = /^\{"code": (\d+), "message": "((?:[^"\\]|\\.)*)"/.exec(cut);
  return head === null
    ? {}
    : { code: Number(head[1]), message: JSON.parse(`"${head[2] ?? ''}"`) as string };
}
