/**
 * AgentService, one row per method. The gate is part of the row: `refuse` asks the policy first and
 * answers its refusal; a function runs the handler first and, when refused, blanks its answer.
 * A method that is missing here, or has no gate, does not compile.
 */
import {
  toPolicyInput,
  type Api,
  type Init,
  type Json,
  type MethodName,
  type RequestOf,
  type ResponseOf,
} from '#wire';
import { Code, RpcStatusError, type CallContext } from '#rpc';
import { copyFileInput } from './copy-file-input.ts';
import type { Sandbox } from '#guest';
import type { AgentPolicy, PolicySource } from '#gate';

export type AgentMethod = MethodName<'grpc.AgentService'>;
type Request<M extends AgentMethod> = RequestOf<'grpc.AgentService', M>;
type Response<M extends AgentMethod> = Init<ResponseOf<'grpc.AgentService', M>>;

export interface AgentRow<M extends AgentMethod> {
  readonly onDeny: 'refuse' | ((response: Response<M>) => Response<M>);
  /** The policy's document, where it is not simply the request. */
  readonly input?: (request: Request<M>) => Json;
  readonly handle: (
    request: Request<M>,
    context: CallContext,
  ) => Promise<Response<M>> | Response<M>;
}

export type AgentService = { readonly [M in AgentMethod]: AgentRow<M> };

/**
 * Metadata by which our own shim says that the policy came from the pod's annotation. It only labels
 * decisions; it is never asked about permission.
 */
const POLICY_SOURCE_KEY = 'katasim-policy-source';

/** Source: the agent empties the log instead of failing, since 3.15.0. */
const emptied = (): Init<Api.ReadStreamResponse> => ({ data: new Uint8Array() });

/** For handlers whose answer is the empty message. */
async function nothing(effect: Promise<void>): Promise<Init<Api.Empty>> {
  await effect;
  return {};
}

/** `policy` is absent in an agent that is built without one. */
export function agentService(sandbox: Sandbox, policy: AgentPolicy | undefined): AgentService {
  return {
    CreateContainer: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.createContainer(request)),
    },
    StartContainer: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.startContainer(request)),
    },
    RemoveContainer: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.removeContainer(request)),
    },
    ExecProcess: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.execProcess(request)),
    },
    SignalProcess: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.signalProcess(request)),
    },
    WaitProcess: {
      onDeny: 'refuse',
      handle: (request, { signal }) => sandbox.waitProcess(request, signal),
    },
    UpdateContainer: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.updateContainer(request)),
    },
    UpdateEphemeralMounts: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.updateEphemeralMounts(request)),
    },
    StatsContainer: {
      onDeny: 'refuse',
      handle: (request) => sandbox.statsContainer(request),
    },
    PauseContainer: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.pauseContainer(request)),
    },
    ResumeContainer: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.resumeContainer(request)),
    },
    RemoveStaleVirtiofsShareMounts: {
      onDeny: 'refuse',
      handle: () => nothing(sandbox.removeStaleVirtiofsShareMounts()),
    },
    GetDiagnosticData: {
      onDeny: 'refuse',
      handle: (request) => sandbox.getDiagnosticData(request),
    },
    WriteStdin: {
      onDeny: 'refuse',
      handle: (request, { signal }) => sandbox.writeStdin(request, signal),
    },
    ReadStdout: {
      onDeny: emptied,
      handle: (request, { signal }) => sandbox.readStdout(request, signal),
    },
    ReadStderr: {
      onDeny: emptied,
      handle: (request, { signal }) => sandbox.readStderr(request, signal),
    },
    CloseStdin: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.closeStdin(request)),
    },
    TtyWinResize: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.ttyWinResize(request)),
    },
    UpdateInterface: {
      onDeny: 'refuse',
      handle: (request) => sandbox.updateInterface(request),
    },
    UpdateRoutes: {
      onDeny: 'refuse',
      handle: (request) => sandbox.updateRoutes(request),
    },
    ListInterfaces: {
      onDeny: 'refuse',
      handle: () => sandbox.listInterfaces(),
    },
    ListRoutes: {
      onDeny: 'refuse',
      handle: () => sandbox.listRoutes(),
    },
    AddARPNeighbors: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.addARPNeighbors(request)),
    },
    GetIPTables: {
      onDeny: 'refuse',
      handle: (request) => sandbox.getIPTables(request),
    },
    SetIPTables: {
      onDeny: 'refuse',
      handle: (request) => sandbox.setIPTables(request),
    },
    GetMetrics: {
      onDeny: 'refuse',
      handle: () => sandbox.getMetrics(),
    },
    MemAgentMemcgSet: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.memAgentMemcgSet(request)),
    },
    MemAgentCompactSet: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.memAgentCompactSet(request)),
    },
    CreateSandbox: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.createSandbox(request)),
    },
    DestroySandbox: {
      onDeny: 'refuse',
      handle: () => nothing(sandbox.destroySandbox()),
    },
    OnlineCPUMem: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.onlineCPUMem(request)),
    },
    ReseedRandomDev: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.reseedRandomDev(request)),
    },
    GetGuestDetails: {
      onDeny: 'refuse',
      handle: (request) => sandbox.getGuestDetails(request),
    },
    MemHotplugByProbe: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.memHotplugByProbe(request)),
    },
    SetGuestDateTime: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.setGuestDateTime(request)),
    },
    CopyFile: {
      onDeny: 'refuse',
      input: copyFileInput,
      handle: (request) => nothing(sandbox.copyFile(request)),
    },
    GetOOMEvent: {
      onDeny: 'refuse',
      handle: (_request, { signal }) => sandbox.getOOMEvent(signal),
    },
    AddSwap: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.addSwap(request)),
    },
    AddSwapPath: {
      onDeny: 'refuse',
      handle: (request) => nothing(sandbox.addSwapPath(request)),
    },
    GetVolumeStats: {
      onDeny: 'refuse',
      handle: (request) => sandbox.getVolumeStats(request),
    },
    ResizeVolume: {
      onDeny: 'refuse',
      handle: () => sandbox.resizeVolume(),
    },
    SetPolicy: {
      onDeny: 'refuse',
      handle: (request, context) => setPolicy(policy, request, context),
    },
  };
}

/** By now the old policy has agreed. From here on it is gone, whatever the new one is worth. */
function setPolicy(
  policy: AgentPolicy | undefined,
  request: Api.SetPolicyRequest,
  { metadata }: CallContext,
): Init<Api.Empty> {
  if (policy === undefined)
    throw new RpcStatusError(Code.NOT_FOUND, '/grpc.AgentService/SetPolicy is not supported');
  const isAnnotation = metadata.get(POLICY_SOURCE_KEY)?.includes('annotation') ?? false;
  const source: PolicySource = isAnnotation ? 'annotation' : 'set-policy';
  const result = policy.replace(request.policy, source);
  if (!result.ok)
    throw new RpcStatusError(Code.INVALID_ARGUMENT, result.message, { cause: result.cause });
  return {};
}

/** What the policy is shown for a request. */
export function policyInput<M extends AgentMethod>(
  row: AgentRow<M>,
  type: Parameters<typeof toPolicyInput>[0],
  request: Request<M>,
): Json {
  return row.input?.(request) ?? toPolicyInput(type, request as never);
}
