/**
 * A guest's failure as the client sees it. The agent prints errors with Rust's debug formatting, so
 * strings come in quotes, lookup errors as bare names and error chains as a paragraph. Its
 * backtraces are left out: no client reads them. Source: kata-containers src/agent/src/rpc.rs.
 */
import { messageOf } from '#base';
import { GuestError, type GuestFailure } from '#guest';
import { rustString } from '#gate';
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
      return anyhowText(failure.text, failure.causes);
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

/** One cause is indented by four; several are numbered, right-aligned to five. */
export function anyhowText(text: string, causes: readonly string[]): string {
  if (causes.length === 0) return text;
  const isNumbered = causes.length > 1;
  const lines = causes.map((cause, index) => {
    const lead = isNumbered ? `${String(index).padStart(5)}: ` : '    ';
    return lead + cause.replaceAll('\n', `\n${' '.repeat(lead.length)}`);
  });
  return `${text}\n\nCaused by:\n${lines.join('\n')}`;
}
