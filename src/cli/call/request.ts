/**
 * One call as kata-agent-ctl writes it: a method name, then nothing, `json://{...}`, `file:///x.json`
 * or `name=value` words. Source of the forms: kata-containers src/tools/agent-ctl.
 */
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import { messageOf, nearest, randomHex, type Random } from '#base';
import { methodsOf, type MethodInfo } from '#wire';
import { cliErrors } from '../errors.ts';

export interface CallRequest {
  readonly method: MethodInfo;
  /** The request in the spelling that policies see; fields may be left out. */
  readonly document: Readonly<Record<string, unknown>>;
}

interface RequestOptions {
  /** Fill in a container id, an exec id and a signal where the request has none. */
  readonly autoValues: boolean;
  /** The container id of this session, made once. */
  readonly containerId: string;
}

const services = ['grpc.AgentService', 'grpc.Health'] as const;
/** Named in full only, since both ends of the path have a `Version`. */
const workerServices = ['hypervisor.Hypervisor', 'podvminfo.PodVMInfo'] as const;

/** agent-ctl's spellings that differ from the method's. */
const aliases: Readonly<Record<string, string>> = {
  GetIptables: 'GetIPTables',
  SetIptables: 'SetIPTables',
};

export function newContainerId(random: Random): string {
  return randomHex(random, 32);
}

export async function parseCall(
  words: readonly string[],
  options: RequestOptions,
): Promise<CallRequest> {
  const [name = '', ...rest] = words;
  const method = findAgentMethod(name);
  const given = await parseDocument(rest);
  return { method, document: options.autoValues ? withAutoValues(method, given, options) : given };
}

function findAgentMethod(name: string): MethodInfo {
  const rows = services.flatMap((service) => [...methodsOf(service)]);
  const worker = workerServices
    .flatMap((service) => [...methodsOf(service)])
    .find(({ path }) => path === `/${name.replace(/^\//, '')}`);
  if (worker !== undefined) return worker;
  const wanted = aliases[name] ?? name.replace(/^\/?grpc\.(AgentService|Health)\//, '');
  const found = rows.find((row) => row.method === wanted);
  if (found !== undefined) return found;
  throw cliErrors.unknownMethod(
    name,
    nearest(
      wanted,
      rows.map((row) => row.method),
    ),
  );
}

async function parseDocument(words: readonly string[]): Promise<Record<string, unknown>> {
  const [first] = words;
  if (first === undefined) return {};
  if (first.startsWith('json://') && words.length === 1) {
    return parseExactJson(first.slice('json://'.length), 'json://');
  }
  if (first.startsWith('file://') && words.length === 1) {
    return parseExactJson(await readFileOf(first), first);
  }
  return Object.fromEntries(words.map(parseAssignment));
}

async function readFileOf(url: string): Promise<string> {
  // agent-ctl also takes a relative path behind file://.
  const path = url.startsWith('file:///') ? fileURLToPath(url) : url.slice('file://'.length);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw cliErrors.unreadable(path, error);
  }
}

/** JSON with whole numbers kept exact: those beyond 2^53 come out as bigint. */
export function parseExactJson(text: string, source: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
    // JSON is YAML; that parser can keep long integers, at a price paid only when there are any.
    if (/\d{16}/.test(text)) document = parseYaml(text, { schema: 'json', intAsBigInt: true });
  } catch (error) {
    throw cliErrors.badJson(source, messageOf(error));
  }
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    throw cliErrors.badJson(source, 'a request is an object');
  }
  return document as Record<string, unknown>;
}

const shortNames: Readonly<Record<string, string>> = { cid: 'container_id' };

function parseAssignment(word: string): readonly [string, unknown] {
  const at = word.indexOf('=');
  if (at <= 0) throw cliErrors.badAssignment(word);
  const name = word.slice(0, at);
  return [shortNames[name] ?? name, parseValue(name, word.slice(at + 1))];
}

function parseValue(name: string, text: string): unknown {
  if (name === 'data') return [...dataBytes(text)];
  if (name === 'signal') return signalNumber(text);
  if (/^-?\d+$/.test(text)) return BigInt(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text;
}

function dataBytes(text: string): Buffer {
  if (!text.startsWith('hex:')) return Buffer.from(text);
  const digits = text.slice('hex:'.length);
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) throw cliErrors.badAssignment(`data=${text}`);
  return Buffer.from(digits, 'hex');
}

function signalNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const name = text.toUpperCase().startsWith('SIG')
    ? text.toUpperCase()
    : `SIG${text.toUpperCase()}`;
  const number = (constants.signals as Readonly<Record<string, number>>)[name];
  if (number === undefined) {
    throw cliErrors.unknownSignal(text, nearest(name, Object.keys(constants.signals)));
  }
  return number;
}

/** What agent-ctl sends when no signal was named. */
const SIGKILL = 9;

function withAutoValues(
  method: MethodInfo,
  given: Readonly<Record<string, unknown>>,
  { containerId }: RequestOptions,
): Record<string, unknown> {
  const fields = autoFields[method.method] ?? [];
  const id = typeof given['container_id'] === 'string' ? given['container_id'] : containerId;
  const values: Readonly<Record<string, unknown>> = {
    container_id: id,
    exec_id: id,
    signal: SIGKILL,
  };
  const filled: Record<string, unknown> = {};
  for (const name of fields) if (!(name in given)) filled[name] = values[name];
  return { ...filled, ...given };
}

const container = ['container_id'];
const processFields = ['container_id', 'exec_id'];

const autoFields: Readonly<Record<string, readonly string[]>> = {
  CreateContainer: processFields,
  StartContainer: container,
  RemoveContainer: container,
  UpdateContainer: container,
  StatsContainer: container,
  PauseContainer: container,
  ResumeContainer: container,
  ExecProcess: processFields,
  SignalProcess: [...processFields, 'signal'],
  WaitProcess: processFields,
  WriteStdin: processFields,
  ReadStdout: processFields,
  ReadStderr: processFields,
  CloseStdin: processFields,
  TtyWinResize: processFields,
};
