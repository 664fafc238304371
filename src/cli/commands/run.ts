import { parseManifest } from '#kube';
import type { Command } from '../command.ts';
import { adaptorVersionOption, imagePolicyOption, kataVersionOption } from '../options.ts';
import { cliErrors } from '../errors.ts';
import { readText } from '../files.ts';
import { netOption } from '../peerpod/net-option.ts';
import { podOptions } from '../pods/options.ts';
import { isDetached, runDetached } from '../pods/run-detached.ts';
import { runHere } from '../pods/run-here.ts';

export const command: Command = {
  usage: 'run -f POD.yaml [--peer-pods-cm FILE] [--image-policy FILE] [--detach]',
  details: [
    'Brings up a worker and a pod VM, starts the pod as the runtime does, and keeps it running until its',
    'containers end or Ctrl-C. Use exec, logs, get and delete from another terminal, or after --detach.',
    'Exit code 1: the policy refused the start, or a container failed.',
  ].join('\n'),
  options: {
    ...podOptions,
    filename: {
      type: 'string',
      short: 'f',
      value: 'FILE',
      summary: 'the pod; `-` reads standard input',
    },
    'peer-pods-cm': {
      type: 'string',
      value: 'FILE',
      summary: 'ConfigMap of the adaptor: INITDATA, VXLAN_PORT, PEERPODS_LIMIT_PER_NODE, ...',
    },
    'image-policy': imagePolicyOption,
    'kata-version': kataVersionOption('behave as this Kata release'),
    'adaptor-version': adaptorVersionOption(
      'initdata as this cloud-api-adaptor and its runtime read it: one annotation key',
    ),
    'enable-annotations': {
      type: 'string',
      value: 'LIST',
      summary:
        'enable_annotations of the runtime, comma separated (default: upstream’s, with cc_init_data)',
    },
    runtime: {
      type: 'string',
      value: 'NAME',
      choices: ['go', 'rs'],
      default: 'go',
      summary: 'make the calls of this Kata runtime',
    },
    isolate: {
      type: 'string',
      value: 'HOW',
      choices: ['none', 'process'],
      default: 'none',
      summary: 'the pod VM as an object of this process, or as a process of its own',
    },
    ...netOption,
    fault: {
      type: 'string',
      multiple: true,
      value: 'FAULT',
      summary:
        'what is wrong with the pod VM, such as 15150:reset or 9000:loss=0.3 (see peerpod fault --help)',
    },
    'policy-log': {
      type: 'string',
      value: 'FILE',
      summary:
        'write each request the policy decides (policy.jsonl), for `policy learn` and `replay`',
    },
    allocatable: {
      type: 'string',
      value: 'LIST',
      summary:
        'cpu and memory of the node, such as cpu=4,memory=16Gi; pods take the overhead of their class',
    },
    detach: { type: 'boolean', short: 'd', summary: 'return once the pod runs' },
  },
  examples: [
    'katasim run -f pod.yaml',
    'katasim run -f pod.yaml --peer-pods-cm peer-pods-cm.yaml -d',
    'katasim run -f pod.yaml --fault 15150:late-start=2s',
    'katasim run -f pod.yaml --net kernel     # then: ip netns exec NAME ping POD_IP',
  ],
  operands: { min: 0, max: 0 },
  async run(context) {
    const file = context.options.text('filename');
    if (file === undefined) throw cliErrors.valueMissing('--filename', 'POD.yaml');
    const text = await readText(file, context.stdin);
    const manifest = parseManifest(text, file);
    const [pod, ...others] = manifest.pods;
    if (pod === undefined || others.length > 0) throw cliErrors.onePod(manifest.pods.length);
    for (const { path, file: place, line, because } of manifest.ignored) {
      context.output.note(`ignored: ${path} (${place}:${line}): ${because}`);
    }
    const detach = context.options.flag('detach') && !isDetached(context);
    return detach
      ? runDetached(pod, file === '-' ? text : '', context)
      : runHere(pod, manifest, context);
  },
};
