/**
 * A guest's failure as the client sees it. The agent prints errors with Rust's debug formatting, so
 * strings come in quotes, lookup errors as bare names and error chains as a paragraph. Its
 * backtraces are left out: no client reads them. Source: kata-containers 4.1.0 src/agent/src/rpc.rs.
 */
import { messageOf, rustString } from '#base';
import { chainText, GuestError, type GuestFailure } from '#guest';
import { Code, RpcStatusError } from '#rpc';

/** What to throw for anything that a handler threw. */
export function toStatusError(thrown: unknown): RpcStatusError {
  if (thrown instanceof RpcStatusError) return thrown;
  if (thrown instanceof GuestError) {
    const { failure } = thrown;
    return new RpcStatusError(Code[failure.status], failureText(failure), { cause: thrown });
  }
  // Not an answer of the agent's: something of ours broke.
  return new RpcStatusError(Code.INTERNAL, rustString(messageOf(thrown)), { cause: thrown });
}

function failureText(failure: GuestFailure): string {
  switch (failure.kind) {
    case 'string':
      return rustString(failure.text);
    case 'anyhow':
      return chainText(failure.text, failure.causes);
    case 'lookup':
      return failure.variant;
    case 'io': {
      const message = rustString(failure.text);
      return `Os { code: ${String(failure.errno)}, kind: ${failure.rustKind}, message: ${message} }`;
    }
    case 'plain':
      return failure.text;
  }
}
