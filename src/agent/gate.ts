/**
 * The gate in front of every row, the same for all: the policy is asked once per call, in the order
 * calls arrive, and before a handler looks at anything. Reads are the one exception: they happen
 * first, so that their own errors come first, and a refusal takes the data away again.
 */
import { endpointOf, findMethod } from '#wire';
import { Code, RpcStatusError, type CallContext, type ServiceTable } from '#rpc';
import { toStatusError } from './status.ts';
import { policyInput, type AgentMethod, type AgentRow, type AgentService } from './service.ts';
import type { LogFields, Logger } from '#base';
import type { AgentPolicy, Decision } from '#gate';

/** One finished call, for metrics. */
export interface CallReport {
  readonly method: string;
  readonly code: number;
  readonly protocol: 'ttrpc' | 'grpc';
  readonly durationNs: number;
}

interface GateOptions {
  /** Undefined: an agent built without policy lets everything through. */
  readonly policy: AgentPolicy | undefined;
  readonly logger: Logger;
  readonly monotonicNs: () => bigint;
  readonly onCall: (report: CallReport) => void;
}

type AnyRow = AgentRow<AgentMethod>;
type AnyHandle = (request: unknown, context: CallContext) => Promise<unknown>;

/** The rows behind the gate, as `rpc` serves them. */
export function gated(
  service: AgentService,
  options: GateOptions,
): ServiceTable<'grpc.AgentService'> {
  const table: Record<string, { handle: AnyHandle }> = {};
  for (const [method, row] of Object.entries(service))
    table[method] = { handle: gatedHandler(method, row, options) };
  // Every row keeps its own request and response types; the loop cannot say so.
  return table;
}

function gatedHandler(method: string, row: AnyRow, options: GateOptions): AnyHandle {
  const { policy, logger, monotonicNs, onCall } = options;
  const info = findMethod('grpc.AgentService', method);
  if (info === undefined) throw new TypeError(`grpc.AgentService has no method ${method}`);
  const endpoint = endpointOf(info);
  const isMissing = policy?.kata.missingMethods.includes(method) ?? false;
  const note = `rpc call from shim to agent: "${snakeCase(method)}"`;
  const decide = (request: unknown): Decision | undefined =>
    policy?.decide(endpoint, policyInput(row, info.requestType, request as never));
  const run = async (request: unknown, context: CallContext): Promise<unknown> => {
    // A release that does not know the method yet.
    if (isMissing) throw new RpcStatusError(Code.UNIMPLEMENTED, `${method} method`);
    if (row.onDeny === 'refuse') {
      refuse(decide(request));
      return await row.handle(request as never, context);
    }
    const response = await row.handle(request as never, context);
    const decision = decide(request);
    if (decision === undefined || decision.verdict === 'allow') return response;
    if (policy?.kata.deniedRead === 'error') refuse(decision);
    return row.onDeny(response);
  };
  return async (request, context) => {
    const start = monotonicNs();
    const { protocol } = context.peer;
    logger.debug({ method, protocol }, note);
    let code: number = Code.OK;
    try {
      return await run(request, context);
    } catch (thrown) {
      const error = toStatusError(thrown);
      code = error.code;
      logger.debug(failureFields(method, error), 'rpc call failed');
      throw error;
    } finally {
      onCall({ method, code, protocol, durationNs: Number(monotonicNs() - start) });
    }
  };
}

function refuse(decision: Decision | undefined): void {
  if (decision === undefined || decision.verdict === 'allow') return;
  throw new RpcStatusError(decision.code, decision.message);
}

function failureFields(method: string, { code, message }: RpcStatusError): LogFields {
  return { method, code, reason: message };
}

/** `UpdateARPNeighbors` -> `update_arp_neighbors`, as the agent's own functions are called. */
function snakeCase(method: string): string {
  return method
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
