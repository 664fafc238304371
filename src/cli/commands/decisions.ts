import { request, type IncomingMessage } from 'node:http';
import { KatasimError } from '#base';
import { parseAddress } from '#rpc';
import type { Command, CommandContext } from '../command.ts';
import { cliErrors } from '../errors.ts';
import type { Style } from '../output.ts';

export const command: Command = {
  name: 'decisions',
  summary: 'the decisions of a running agent, as OPA decision-log events',
  usage: 'decisions --observe ADDRESS [-f] [-o text|json]',
  details: [
    'ADDRESS is what `katasim agent --observe` printed. Text shows a line each: verdict, endpoint, reason.',
    'Secrets in requests are masked before they leave the agent.',
  ].join('\n'),
  options: {
    observe: { type: 'string', value: 'ADDRESS', summary: 'where the agent serves its decisions' },
    follow: { type: 'boolean', short: 'f', summary: 'wait for more' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORM',
      choices: ['text', 'json'],
      default: 'text',
      summary: 'form of the answer',
    },
  },
  examples: ['katasim decisions -f --observe tcp://127.0.0.1:9464'],
  operands: { min: 0, max: 0 },
  async run(context) {
    const { options, output, signal } = context;
    const address = options.text('observe');
    if (address === undefined) throw cliErrors.valueMissing('--observe', 'ADDRESS');
    const response = await open(address, options.flag('follow'), signal);
    try {
      for await (const line of lines(response)) {
        output.line(options.text('output') === 'json' ? line : textOf(line, context));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return 0;
  },
};

function open(address: string, follow: boolean, signal: AbortSignal): Promise<IncomingMessage> {
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

async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    rest += chunk as string;
    const rows = rest.split('\n');
    rest = rows.pop() ?? '';
    yield* rows.filter((row) => row !== '');
  }
}

const styles: Readonly<Record<string, Style>> = { allow: 'green', deny: 'red', fault: 'yellow' };

interface DecisionEvent {
  readonly timestamp: string;
  readonly custom: { readonly endpoint: string; readonly verdict: string; readonly reason: string };
}

function textOf(line: string, { output }: CommandContext): string {
  const { timestamp, custom } = JSON.parse(line) as DecisionEvent;
  const { endpoint, verdict, reason } = custom;
  const time = timestamp.slice(11, 23);
  const colored = output.style(styles[verdict] ?? 'dim', verdict.padEnd(5));
  return `${time} ${colored} ${endpoint}${reason === '' ? '' : `   ${reason}`}`;
}
