/** What an agent started with --observe tells over HTTP: its decisions, one JSON event a line. */
import { request, type IncomingMessage } from 'node:http';
import { KatasimError } from '#base';
import { lineText, type PolicyLine } from '#gate';
import { parseAddress } from '#rpc';

interface DecisionEvent {
  readonly timestamp: string;
  readonly custom: {
    readonly endpoint: string;
    readonly verdict: string;
    readonly reason: string;
    readonly decided_by?: PolicyLine;
    readonly nearest_miss?: PolicyLine;
  };
}

export function parseEvent(line: string): DecisionEvent {
  return JSON.parse(line) as DecisionEvent;
}

/** `agent_policy:7: default ExecProcessRequest := false`; undefined for what was let through. */
export function eventLine({ custom }: DecisionEvent): string | undefined {
  const line = custom.nearest_miss ?? custom.decided_by;
  return line && lineText(line);
}

/** The line behind the last refusal of an endpoint; undefined when the agent cannot tell. */
export async function lastDenial(
  address: string,
  endpoint: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  let found: string | undefined;
  for await (const line of lines(await openDecisions(address, false, signal))) {
    const event = parseEvent(line);
    if (event.custom.endpoint === endpoint && event.custom.verdict !== 'allow') {
      found = eventLine(event);
    }
  }
  return found;
}

export function openDecisions(
  address: string,
  follow: boolean,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const parsed = parseAddress(address);
  const target =
    parsed.kind === 'tcp' ? { host: parsed.host, port: parsed.port } : { socketPath: parsed.path };
  return new Promise((resolve, reject) => {
    const call = request({ ...target, path: `/decisions${follow ? '?follow' : ''}`, signal });
    call.once('error', (cause) => {
      reject(
        new KatasimError('CLI_CANNOT_OBSERVE', `cannot reach ${address}: ${cause.message}`, {
          hint: 'Start the agent with --observe and give the address it prints.',
          cause,
        }),
      );
    });
    call.once('response', (response) => {
      if (response.statusCode === 200) {
        resolve(response);
        return;
      }
      response.resume();
      reject(
        new KatasimError('CLI_CANNOT_OBSERVE', `${address} answered ${response.statusCode ?? 0}`, {
          hint: 'Is this the address of an agent started with --observe?',
        }),
      );
    });
    call.end();
  });
}

/** The lines of a reply as they come. */
export async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    rest += chunk as string;
    const rows = rest.split('\n');
    rest = rows.pop() ?? '';
    yield* rows.filter((row) => row !== '');
  }
}
