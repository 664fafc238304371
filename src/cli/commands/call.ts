import { systemRandom } from '#base';
import { dial, RpcStatusError, type RpcClient } from '#rpc';
import { endpointOf, methodsOf, toPolicyInput, type Json } from '#wire';
import type { Command, CommandContext } from '../command.ts';
import { observeOption } from '../options.ts';
import { newContainerId, parseCall } from '../call/request.ts';
import { prepareCall, type PreparedCall } from '../call/special.ts';
import { splitCall } from '../call/words.ts';
import { parseDuration } from '../duration.ts';
import { cliErrors } from '../errors.ts';
import { lastDenial } from '../observed.ts';

export const command: Command = {
  usage: 'call --address ADDRESS [-c CALL]... [METHOD [json://{…}|file://…|NAME=VALUE…]]',
  details: [
    'Works with any Kata agent. A request is spelled as policies see it: proto names, `type_`, bytes as',
    'numbers. Missing container and exec ids and signals are filled in, unless -n. CopyFile takes',
    '{"src":…,"dest":…}, SetPolicy {"policy_file":…}. Exit code 1: the agent refused a call.',
  ].join('\n'),
  options: {
    address: {
      type: 'string',
      short: 'a',
      value: 'ADDRESS',
      summary: 'unix:///path, unix://@name, tcp://host:port or hvsock:///path:port',
    },
    'server-address': {
      type: 'string',
      value: 'ADDRESS',
      summary: 'the same, in agent-ctl’s word',
    },
    protocol: {
      type: 'string',
      value: 'NAME',
      choices: ['ttrpc', 'grpc'],
      default: 'ttrpc',
      summary: 'what to speak',
    },
    cmd: { type: 'string', short: 'c', multiple: true, value: 'CALL', summary: 'one call, quoted' },
    timeout: { type: 'string', value: 'TIME', summary: 'deadline of each call, such as 5s' },
    observe: observeOption(
      'where the agent serves its decisions: a refusal is shown with its line',
    ),
    'no-auto-values': { type: 'boolean', short: 'n', summary: 'send just what was given' },
    'ignore-errors': { type: 'boolean', summary: 'go on after a refused call' },
    list: { type: 'boolean', summary: 'list the methods and end' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORM',
      choices: ['json', 'raw'],
      default: 'json',
      summary: 'raw writes the bytes of a reply’s data field',
    },
  },
  examples: [
    'katasim call -a unix:///tmp/agent.sock GetGuestDetails',
    `katasim call -a unix:///tmp/agent.sock SetPolicy 'json://{"policy_file":"policy.rego"}'`,
    `katasim call -a tcp://127.0.0.1:1024 -c 'CreateSandbox' -c 'ReadStdout cid=web len=100'`,
  ],
  operands: { min: 0, max: Number.POSITIVE_INFINITY },
  async run(context) {
    const { options, operands, output } = context;
    if (options.flag('list')) {
      for (const service of ['grpc.AgentService', 'grpc.Health']) {
        for (const { method } of methodsOf(service)) output.line(method);
      }
      return 0;
    }
    const calls = [
      ...options.list('cmd').map(splitCall),
      ...(operands.length === 0 ? [] : [operands]),
    ];
    const address = options.text('address') ?? options.text('server-address');
    if (calls.length === 0) throw cliErrors.operandCount(command.usage, 0);
    if (address === undefined) throw cliErrors.valueMissing('--address', 'ADDRESS');
    const requestOptions = {
      autoValues: !options.flag('no-auto-values'),
      containerId: newContainerId(systemRandom),
    };
    // All of them are read before the first is sent: nothing is half done because of a slip.
    const requests = await Promise.all(
      calls.map(async (words) => prepareCall(await parseCall(words, requestOptions))),
    );
    const protocol = options.text('protocol') === 'grpc' ? 'grpc' : 'ttrpc';
    await using client = await dial(address, { protocol, signal: context.signal });
    for (const request of requests) {
      const refused = await makeCall(client, request, context);
      if (refused && !options.flag('ignore-errors')) return 1;
    }
    return 0;
  },
};

async function makeCall(
  client: RpcClient,
  request: PreparedCall,
  { options, output, signal }: CommandContext,
): Promise<boolean> {
  const { service, method, responseType } = request.method;
  const timeout = options.text('timeout');
  const timeoutMs = timeout === undefined ? undefined : parseDuration('timeout', timeout);
  try {
    let response: unknown;
    for await (const message of request.messages()) {
      // The method comes from the catalogue, so the pair of names is one that exists.
      response = await client.call(
        service as 'grpc.AgentService',
        method as 'CreateSandbox',
        message,
        {
          timeoutMs,
          signal,
        },
      );
    }
    print(toPolicyInput(responseType, response as never), options.text('output') === 'raw', output);
    return false;
  } catch (error) {
    if (!(error instanceof RpcStatusError)) throw error;
    output.note(`${method}: ${error.codeName}: ${error.message}`);
    const observe = options.text('observe');
    if (observe !== undefined) {
      const line = await lastDenial(observe, endpointOf(request.method), signal);
      if (line !== undefined) output.note(`refused by ${line}`);
    }
    return true;
  }
}

function print(response: Json, raw: boolean, output: CommandContext['output']): void {
  const data =
    response !== null && typeof response === 'object' && !Array.isArray(response)
      ? (response as { readonly data?: Json }).data
      : undefined;
  if (raw && Array.isArray(data)) output.stdout.write(Uint8Array.from(data as number[]));
  else if (raw && typeof data === 'string') output.stdout.write(data);
  else output.json(response);
}
