import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Agent } from '#agent';
import { closeAll, KatasimError, messageOf, runOnce, systemClock, systemRandom } from '#base';
import { systemTimers } from '#guest';
import {
  createAddressPool,
  DEFAULT_FORWARDER_PORT,
  DEFAULT_VXLAN_PORT,
  encodeUserData,
  openVxlanSocket,
  parseFaults,
  planFaults,
  startPodVm,
  type FateOfFrames,
  type MachineAddress,
  type PlannedFaults,
  type PodVm,
} from '#peerpod';
import { makeSocketDirectory } from '#rpc';
import { deadUnit, podVmDeath, startGuestAgent, type PodVmEvent, type PodVmOrder } from '#sim';
import type { Command, CommandContext } from '../command.ts';
import { imagePolicyOption, kataVersionOption } from '../options.ts';
import { cliErrors } from '../errors.ts';
import { readText } from '../files.ts';
import { parseHostPort } from '../peerpod/host-port.ts';
import { notifier } from '../peerpod/notify.ts';
import { reportRefusal } from '#node';

export const command: Command = {
  usage: 'podvm --user-data FILE | --apf apf.json [--listen HOST:PORT|auto]',
  details: [
    'Boots as the real image does: process-user-data, then the kata agent with the policy of initdata or',
    'of the image, then the forwarder. With --listen auto it takes an address of its own out of',
    '127.42.0.0/16. The line on stdout starts with READY once TCP 15150 listens. Exit code 1: it is dead.',
  ].join('\n'),
  options: {
    'user-data': {
      type: 'string',
      value: 'FILE',
      summary: 'the cloud-config that the adaptor sends',
    },
    apf: { type: 'string', value: 'FILE', summary: 'just an apf.json; initdata is then the dummy' },
    name: { type: 'string', value: 'NAME', default: 'podvm', summary: 'instance name' },
    listen: {
      type: 'string',
      value: 'HOST:PORT',
      default: `127.0.0.1:${DEFAULT_FORWARDER_PORT}`,
      summary: 'the forwarder’s address, or `auto`',
    },
    'vxlan-port': { type: 'string', value: 'PORT', summary: 'UDP port of its end (default 9000)' },
    'forwarder-port': { type: 'string', value: 'PORT', summary: 'TCP port with --listen auto' },
    'agent-socket': {
      type: 'string',
      value: 'PATH',
      summary: 'the agent’s socket (default: a temporary one)',
    },
    'image-policy': imagePolicyOption,
    'kata-version': kataVersionOption('behave as this Kata release'),
    'disable-tls': { type: 'boolean', summary: 'plain TCP; the proxy must say so too' },
    fault: {
      type: 'string',
      multiple: true,
      value: 'FAULT',
      summary: 'misbehave: 15150:reset, 9000:loss=0.3, ... (see peerpod fault --help)',
    },
    events: { type: 'boolean', summary: 'print what happens as JSON lines on stdout' },
    'until-stdin-ends': { type: 'boolean', summary: 'end when standard input does' },
  },
  examples: [
    'katasim podvm --apf apf.json --disable-tls',
    'katasim podvm --user-data user-data --listen auto --events',
  ],
  operands: { min: 0, max: 0 },
  async run(context) {
    const { options, stdin, signal } = context;
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort(), { once: true });
    if (options.flag('until-stdin-ends')) {
      // Reading is what makes Node notice the end.
      stdin.once('close', () => stop.abort()).resume();
    }
    const directory = await makeSocketDirectory({ prefix: 'kv-', longest: 'agent.sock' });
    try {
      const name = options.text('name') ?? 'podvm';
      const plan = parseFaults(options.list('fault'));
      await using faults = await planFaults(plan, name, systemRandom);
      await using vm = await powerOn(directory, faults, context);
      if (options.flag('events') && options.flag('until-stdin-ends')) obey(faults, vm, context);
      return await follow(vm, stop.signal, context);
    } finally {
      stdin.destroy();
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function powerOn(
  directory: string,
  faults: PlannedFaults,
  context: CommandContext,
): Promise<PodVm> {
  const { fate, ...hooks } = faults.hooks;
  const { options, logger, stdin, packageRoot } = context;
  const imagePolicy =
    options.text('image-policy') ?? join(packageRoot, 'policies', 'allow-all.rego');
  const userData = await userDataOf(context);
  const defaultPolicy = await readText(imagePolicy, stdin);
  const name = options.text('name') ?? 'podvm';
  const machine = {
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    kataVersion: options.text('kata-version'),
  };
  const vm = startPodVm({
    ...hooks,
    name,
    address: await addressOf(context, fate),
    userData,
    image: { name: 'podvm-image', defaultPolicy },
    agentSocketPath: options.text('agent-socket') ?? join(directory, 'agent.sock'),
    startAgent: (environment) =>
      startGuestAgent(environment, { ...machine, onAgent: (agent) => tellDenials(agent, context) }),
    logger,
    ...(options.flag('disable-tls') && { tls: 'plain' as const }),
  });
  await faults.begin(vm);
  return vm;
}

/** Once for each endpoint, before the refusal is sent: whoever started us has no agent to ask. */
function tellDenials(agent: Agent, { options, output }: CommandContext): void {
  if (!options.flag('events')) return;
  const told = new Set<string>();
  agent.policy?.onDecision((decision) => {
    const { endpoint, verdict } = decision;
    if (verdict === 'allow' || told.has(endpoint)) return;
    told.add(endpoint);
    const report = reportRefusal(agent, decision);
    if (report === undefined) return;
    output.line(JSON.stringify({ event: 'denied', endpoint, report } satisfies PodVmEvent));
  });
}

/** Orders of the process that started us, until it closes our standard input. */
function obey(faults: PlannedFaults, vm: PodVm, { stdin, output }: CommandContext): void {
  createInterface({ input: stdin }).on('line', (line) => {
    const change = async (): Promise<void> => {
      const order = JSON.parse(line) as PodVmOrder;
      await faults.change(parseFaults(order.faults), vm);
    };
    const tell = (error?: string): void => {
      const event: PodVmEvent = { event: 'faults-changed', ...(error !== undefined && { error }) };
      output.line(JSON.stringify(event));
    };
    change().then(
      () => tell(),
      (error: unknown) => tell(messageOf(error)),
    );
  });
}

async function userDataOf({ options, stdin }: CommandContext): Promise<string> {
  const file = options.text('user-data');
  const apf = options.text('apf');
  if (file !== undefined) return readText(file, stdin);
  if (apf === undefined) throw cliErrors.valueMissing('--user-data', 'FILE');
  return encodeUserData([{ path: '/run/peerpod/apf.json', content: await readText(apf, stdin) }]);
}

async function addressOf(
  { options, logger }: CommandContext,
  fate: FateOfFrames,
): Promise<MachineAddress> {
  const vxlanPort = options.count('vxlan-port') ?? DEFAULT_VXLAN_PORT;
  const forwarderPort = options.count('forwarder-port') ?? DEFAULT_FORWARDER_PORT;
  const listen = options.text('listen') ?? '';
  if (listen === 'auto') return createAddressPool({ forwarderPort, vxlanPort, logger }).claim(fate);
  const { host, port } = parseHostPort('listen', listen);
  const vxlan = await openVxlanSocket({ host, port: vxlanPort, fate, logger });
  const close = runOnce(() => closeAll([vxlan]));
  return {
    host,
    agentPort: port,
    vxlan,
    mode: 'own-address',
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Tells how far the VM came, and stays until it is told to stop. A dead VM goes on being dead. */
async function follow(vm: PodVm, signal: AbortSignal, context: CommandContext): Promise<number> {
  const { options, output, logger, environment } = context;
  const events = options.flag('events');
  const tell = (event: PodVmEvent, line?: string): void => {
    if (events) output.line(JSON.stringify(event));
    else if (line !== undefined) output.line(line);
  };
  const { host, agentPort, vxlan } = vm.address;
  tell({ event: 'powered-on', host, agentPort, vxlanPort: vxlan.port });
  const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  const death = await Promise.race([podVmDeath(vm), stopped]);
  if (signal.aborted) return 0;
  const { provisioned, policy, forwarder } = vm;
  if (death instanceof KatasimError) {
    if (!events) throw death;
    tell({ event: 'failed', unit: deadUnit(vm) ?? '', message: death.message });
    await stopped;
    return 1;
  }
  tell(
    {
      event: 'up',
      policy: policy?.source ?? 'none',
      algorithm: provisioned?.initdata.algorithm ?? '',
      digest: provisioned?.digest ?? '',
      pcr8: provisioned?.pcr8 ?? '',
    },
    `READY ${vm.name} on ${host}:${forwarder?.port ?? agentPort}, VXLAN ${vxlan.port}, policy ${policy?.source ?? 'none'}, initdata ${provisioned?.digest ?? ''}`,
  );
  const notify = notifier(environment, logger);
  notify?.('READY=1');
  await stopped;
  notify?.('STOPPING=1');
  return 0;
}
