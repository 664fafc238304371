/**
 * Status codes and the error that carries one. gRPC and ttrpc share the numbers; a handler throws
 * `RpcStatusError` and both transports send it as it is.
 */
import { KatasimError, messageOf } from '#base';

/** Source: google.rpc.Code, as gRPC and ttrpc use it. */
export const Code = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;
type CodeName = keyof typeof Code;
export type Code = (typeof Code)[CodeName];

const names = new Map<number, string>(Object.entries(Code).map(([name, code]) => [code, name]));

/** `PERMISSION_DENIED` for 7; `CODE_42` for a number nobody has defined. */
export function codeName(code: number): string {
  return names.get(code) ?? `CODE_${String(code)}`;
}

export interface RpcStatus {
  readonly code: number;
  readonly message: string;
}

/** A call's failure as the peer sees it: a code and the exact message. */
export class RpcStatusError extends Error implements RpcStatus {
  override readonly name = 'RpcStatusError';
  readonly code: number;

  constructor(code: number, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  get codeName(): string {
    return codeName(this.code);
  }
}

/** What to send for anything a handler threw. An error without a status is the server's own fault. */
export function statusOf(thrown: unknown): RpcStatus {
  if (thrown instanceof RpcStatusError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return { code: Code.CANCELLED, message: 'call was cancelled' };
  if (thrown instanceof Error && thrown.name === 'TimeoutError')
    return { code: Code.DEADLINE_EXCEEDED, message: 'timeout' };
  if (thrown instanceof KatasimError) return { code: Code.INTERNAL, message: thrown.message };
  return { code: Code.INTERNAL, message: messageOf(thrown) };
}
