/**
 * Whether a verb works under a policy: each of its calls decided by the gate itself, on recorded
 * requests or on those of a sample pod, with the line that decided and what the user gets to see.
 */
import {
  checkEndpoints,
  denialReason,
  kataProfile,
  loadRego,
  RUN_TIME_MODULE,
  type AgentPolicy,
  type Decision,
  type EndpointFinding,
  type KataProfile,
  type PolicyLine,
  type RegoEngine,
} from '#gate';
import type { Json } from '#wire';
import { openPolicy, type PolicyText } from '../corpus/decide-corpus.ts';
import { START_ENDPOINTS } from '../corpus/start-endpoints.ts';
import { explainDecision } from '../explain/explain-request.ts';
import { sampleRequests, startOfSample } from './sample.ts';
import type { Verb, VerbCall, VerbMode } from './verbs.ts';

/**
 * `depends`: the policy looks at the request, and the requests at hand do not settle it: a sample was
 * refused, or recorded requests had different answers.
 */
export type CallVerdict = 'allow' | 'deny' | 'fault' | 'depends';

export interface CallAnswer {
  readonly endpoint: string;
  readonly methods: readonly string[];
  readonly verdict: CallVerdict;
  /** The line that decided, or at which the nearest rule stopped. */
  readonly line: PolicyLine | undefined;
  readonly optional: boolean;
  /** Recorded requests to the endpoint, and how many of them were allowed. */
  readonly seen: { readonly requests: number; readonly allowed: number };
  /** What a refusal does to the user; undefined when it is allowed. */
  readonly effect: string | undefined;
  /** The text that kubectl or an event shows of the refusal. */
  readonly text: string | undefined;
}

/** The call that a pod does not get past on its way up. */
export type StartRefusal = Pick<CallAnswer, 'endpoint' | 'line'> & {
  readonly verdict: 'deny' | 'fault';
};

export interface VerbAnswer {
  readonly verb: string;
  readonly mode: VerbMode;
  /** As a whole: what works on a running container is of no use when none ever runs. */
  readonly works: 'yes' | 'no' | 'depends';
  /** On a container that runs. */
  readonly running: 'yes' | 'no' | 'depends';
  /** Why there is no such container; never of `start`, whose calls say it themselves. */
  readonly noStart: StartRefusal | undefined;
  readonly calls: readonly CallAnswer[];
  /** Why no call stands here. */
  readonly ungated: string | undefined;
}

export interface CanIOptions {
  readonly mode?: Partial<VerbMode>;
  /** What is run in the container. */
  readonly command?: readonly string[];
  /** Requests of a real pod in their order, the verb's own among them; else those of a sample. */
  readonly recorded?: readonly { readonly endpoint: string; readonly input: Json }[];
  /** The first of them that belongs to the verb; those before it only leave their state. Default 0. */
  readonly from?: number;
  /** They are of one pod from its start on: what is refused there keeps that pod from starting. */
  readonly isPod?: boolean;
  /** What the agent calls the policy, in prints that users get to see. Default: as by SetPolicy. */
  readonly module?: string;
}

interface Decided {
  readonly decision: Decision;
  readonly line: PolicyLine | undefined;
  readonly stateBefore: Json;
}

/** Throws the located error of a policy that does not parse. */
export function canI(policy: PolicyText, verb: Verb, options: CanIOptions = {}): VerbAnswer {
  const mode = modeOf(verb, options.mode);
  const { command = verb.command ?? [], recorded, from = 0, isPod = false } = options;
  const kata = policy.kata ?? kataProfile();
  // First, so that an error has the user's name of the file.
  const engine = loadRego(policy.text, policy.file, kata);
  const { endpoints } = checkEndpoints(engine);
  const agent = openPolicy({ ...policy, file: options.module ?? RUN_TIME_MODULE });
  const statuses = new Map(endpoints.map((finding) => [finding.endpoint, finding]));
  const wanted = verb.calls.filter(({ when }) => when?.(mode) ?? true);
  const names = new Set(wanted.map(({ endpoint }) => endpoint));

  const requests = recorded ?? [
    ...startOfSample(),
    ...sampleRequests(
      command,
      mode,
      verb.calls.some(({ endpoint }) => endpoint === EXEC),
    ),
  ];
  const decided = new Map<string, Decided[]>();
  const onTheWay = new Map<string, Decided[]>();
  for (const [i, { endpoint, input }] of requests.entries()) {
    const asked = endpoint === EXEC && recorded !== undefined && options.command !== undefined;
    const stateBefore = agent.state;
    const decision = agent.decide(endpoint, asked ? withCommand(input, command) : input);
    const isAsked = names.has(endpoint) && (recorded === undefined || i >= from);
    const isStart = START_ENDPOINTS.has(endpoint) && (recorded === undefined || isPod);
    if (!isAsked && !isStart) continue;
    const one = { decision, line: lineOf(agent, decision, policy.file), stateBefore };
    if (isAsked) decided.set(endpoint, [...(decided.get(endpoint) ?? []), one]);
    if (isStart) onTheWay.set(endpoint, [...(onTheWay.get(endpoint) ?? []), one]);
  }
  const calls = wanted.map((call) => {
    const finding = statuses.get(call.endpoint);
    const about = { finding, decided: decided.get(call.endpoint) ?? [], kata };
    const isNamed = call.endpoint === EXEC && options.command !== undefined;
    const source =
      recorded === undefined
        ? isNamed && isAboutCommand(engine, about.decided)
          ? 'command'
          : 'sample'
        : isPod
          ? 'pod'
          : 'recording';
    return answer(call, about, source);
  });
  const running = together(calls);
  const noStart = verb.name === 'start' ? undefined : startRefusal(statuses, onTheWay, isPod);
  return {
    verb: verb.name,
    mode,
    works: noStart === undefined ? running : 'no',
    running,
    noStart,
    calls,
    ungated: verb.ungated,
  };
}

/** Recorded requests of anything but a pod say nothing of a start; then only the policy itself does. */
function startRefusal(
  statuses: ReadonlyMap<string, EndpointFinding>,
  onTheWay: ReadonlyMap<string, readonly Decided[]>,
  isPod: boolean,
): StartRefusal | undefined {
  for (const endpoint of START_ENDPOINTS) {
    const finding = statuses.get(endpoint);
    const decided = onTheWay.get(endpoint) ?? [];
    // What this pod never asks for is not in its way.
    if (isPod && decided.length === 0) continue;
    const refused = decided.find(({ decision }) => decision.verdict !== 'allow');
    const verdict = verdictOf(finding, decided, isPod ? 'pod' : 'sample');
    if (verdict === 'deny' || verdict === 'fault') {
      return { endpoint, verdict, line: refused?.line ?? ruleLine(finding) };
    }
  }
  return undefined;
}

const EXEC = 'ExecProcessRequest';

/** Whose requests they are: `command` is a sample's with the command that the user asks about. */
type RequestSource = 'sample' | 'command' | 'recording' | 'pod';

const ARGS = ['process', 'Args'] as const;

/**
 * Whether a refused sample is refused for its command: every way to be allowed looks at the command
 * and does not find it. Any other field of a sample may be otherwise in a real pod.
 */
function isAboutCommand(engine: RegoEngine, decided: readonly Decided[]): boolean {
  const isArgs = (path: readonly (string | number)[] | undefined): boolean =>
    path !== undefined && ARGS.every((key, i) => path[i] === key);
  return decided
    .filter(({ decision }) => decision.verdict === 'deny')
    .every(({ decision, stateBefore }) => {
      const { candidates } = explainDecision(engine, decision, stateBefore);
      return candidates.every(({ differences }) =>
        differences.some(
          ({ path, related }) => isArgs(path) || related.some((one) => isArgs(one.path)),
        ),
      );
    });
}

function modeOf(verb: Verb, mode: Partial<VerbMode> = {}): VerbMode {
  const isCopy = verb.name === 'cp to';
  // A terminal without input is possible and nobody means it.
  return { stdin: isCopy || mode.stdin === true || mode.tty === true, tty: mode.tty === true };
}

/** The command that the user asks about, in a process that was recorded with another one. */
function withCommand(input: Json, command: readonly string[]): Json {
  if (!isDocument(input)) return input;
  const { process } = input;
  if (process === undefined || !isDocument(process)) return input;
  return { ...input, process: { ...process, Args: command } };
}

const isDocument = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function lineOf(agent: AgentPolicy, decision: Decision, file: string): PolicyLine | undefined {
  const reason = denialReason(agent, decision);
  const line = reason?.nearestMiss ?? reason?.decidedBy;
  return line && { ...line, file };
}

interface About {
  readonly finding: EndpointFinding | undefined;
  readonly decided: readonly Decided[];
  readonly kata: KataProfile;
}

function answer(
  call: VerbCall,
  { finding, decided, kata }: About,
  source: RequestSource,
): CallAnswer {
  const allowed = decided.filter(({ decision }) => decision.verdict === 'allow').length;
  const isRecorded = source === 'recording' || source === 'pod';
  const verdict = verdictOf(finding, decided, source);
  const refused = decided.find(({ decision }) => decision.verdict !== 'allow');
  const fails = verdict !== 'allow';
  const { effect } = call;
  return {
    endpoint: call.endpoint,
    methods: finding?.methods ?? [],
    verdict,
    line: refused?.line ?? ruleLine(finding),
    // What this pod never asks for is not in its way.
    optional: call.optional === true || (source === 'pod' && decided.length === 0),
    seen: { requests: isRecorded ? decided.length : 0, allowed: isRecorded ? allowed : 0 },
    effect: fails ? (typeof effect === 'function' ? effect(kata) : effect) : undefined,
    text:
      fails && refused !== undefined
        ? call.sees?.({
            codeName: refused.decision.verdict === 'deny' ? 'PermissionDenied' : 'Internal',
            message: refused.decision.message,
          })
        : undefined,
  };
}

function verdictOf(
  finding: EndpointFinding | undefined,
  decided: readonly Decided[],
  source: RequestSource,
): CallVerdict {
  const verdicts = new Set(decided.map(({ decision }) => decision.verdict));
  const [only] = verdicts;
  if (only === undefined) {
    if (finding?.status === 'always') return 'allow';
    if (finding?.status === 'never') return 'deny';
    return finding?.status === 'missing' ? 'fault' : 'depends';
  }
  // One refusal is enough to stop this pod, and this command.
  if (source === 'pod' || source === 'command')
    return verdicts.has('fault') ? 'fault' : verdicts.has('deny') ? 'deny' : 'allow';
  if (verdicts.size > 1) return 'depends';
  // A sample that is refused by a rule that looks at the request says nothing of other requests.
  return only !== 'allow' && source === 'sample' && finding?.status === 'conditional'
    ? 'depends'
    : only;
}

function ruleLine(finding: EndpointFinding | undefined): PolicyLine | undefined {
  const { place, span } = finding ?? {};
  if (place === undefined || span === undefined) return undefined;
  const { text } = span.source;
  const start = text.lastIndexOf('\n', span.start - 1) + 1;
  const end = text.indexOf('\n', start);
  return { ...place, text: text.slice(start, end < 0 ? text.length : end).trimEnd() };
}

function together(calls: readonly CallAnswer[]): VerbAnswer['works'] {
  const needed = calls.filter(({ optional }) => !optional).map(({ verdict }) => verdict);
  if (needed.includes('deny') || needed.includes('fault')) return 'no';
  return needed.includes('depends') ? 'depends' : 'yes';
}
