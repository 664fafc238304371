import { diagnosePath, type PathDiagnosis } from '#peerpod';
import type { Command, CommandContext } from '../../command.ts';
import { outputOption } from '../../options.ts';
import { parseDuration } from '../../duration.ts';
import { cliErrors } from '../../errors.ts';
import { readText } from '../../files.ts';
import type { Style } from '../../output.ts';
import { podControl } from '../../pods/control.ts';
import { diagnoseEnded, hasEnded } from '#node';
import { podName, podOptions, podRecords } from '../../pods/options.ts';
import { parseHostPort } from '../../peerpod/host-port.ts';
import { tlsOptions, tlsSettings } from '../../peerpod/tls-options.ts';

const styles: Readonly<Record<string, Style>> = { error: 'red', warning: 'yellow', ok: 'green' };

export const command: Command = {
  usage: 'peerpod doctor [POD | [--user-data FILE | --apf FILE] [--target HOST:PORT]]',
  details: [
    'Looks at the files a pod VM is booted with, then at the network in the order of a start: address,',
    'port, TLS names and anchors, the agent’s answer, the UDP port of the tunnel. Of a running pod also',
    'the shim’s way through the agent proxy, and a ping through the tunnel. Changes nothing. With each',
    'error comes what to do, and what a real adaptor or forwarder logs then. Exit code 1: something is wrong.',
  ].join('\n'),
  options: {
    ...podOptions,
    'user-data': { type: 'string', value: 'FILE', summary: 'the cloud-config of the pod VM' },
    apf: {
      type: 'string',
      value: 'FILE',
      summary: 'its apf.json (also in the worker’s pods directory)',
    },
    target: { type: 'string', value: 'HOST:PORT', summary: 'its forwarder, such as IP:15150' },
    'server-name': {
      type: 'string',
      value: 'NAME',
      summary: 'the name its certificate must carry (default: podvm-server)',
    },
    ...tlsOptions,
    'vxlan-port': { type: 'string', value: 'PORT', summary: 'UDP port (default: of apf.json)' },
    timeout: { type: 'string', value: 'DURATION', default: '5s', summary: 'for each step' },
    output: outputOption('text', 'json'),
  },
  examples: [
    'katasim peerpod doctor web',
    'katasim peerpod doctor --user-data user-data',
    'katasim peerpod doctor --apf apf.json --target 127.0.0.1:15150 --disable-tls',
  ],
  operands: { min: 0, max: 1 },
  async run(context) {
    const { ok, findings } = await diagnosis(context);
    const { options, output } = context;
    if (options.text('output') === 'json') {
      output.json({ ok, findings });
      return ok ? 0 : 1;
    }
    for (const { step, severity, message, hint, log } of findings) {
      output.line(`${output.style(styles[severity] ?? 'dim', severity)} ${step}: ${message}`);
      if (log !== undefined) output.line(`  the real part logs: ${log}`);
      if (hint !== undefined) output.line(`  ${hint}`);
    }
    output.line(
      ok ? output.style('green', 'nothing is wrong') : output.style('red', 'it is broken'),
    );
    return ok ? 0 : 1;
  },
};

async function diagnosis(context: CommandContext): Promise<PathDiagnosis> {
  const { options, operands, stdin, signal } = context;
  const [pod] = operands;
  if (pod !== undefined) {
    const namespace = options.text('namespace') ?? 'default';
    const record = await podRecords(context).find(namespace, podName(pod));
    return hasEnded(record) ? diagnoseEnded(record) : podControl(record).diagnose();
  }
  const [userData, apf, target] = ['user-data', 'apf', 'target'].map((name) => options.text(name));
  const serverName = options.text('server-name');
  const vxlanPort = options.count('vxlan-port', 1);
  if (userData === undefined && apf === undefined && target === undefined) {
    throw cliErrors.valueMissing('--target', 'HOST:PORT');
  }
  return diagnosePath({
    ...(userData !== undefined && { userData: await readText(userData, stdin) }),
    ...(apf !== undefined && { apf: await readText(apf, stdin) }),
    ...(target !== undefined && { target: parseHostPort('target', target) }),
    ...(serverName !== undefined && { serverName }),
    ...(vxlanPort !== undefined && { vxlanPort }),
    tls: tlsSettings(options),
    timeoutMs: parseDuration('timeout', options.text('timeout') ?? '5s'),
    signal,
  });
}
