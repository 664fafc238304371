import { systemRandom } from '#base';
import type { Manifest, Pod } from '#kube';
import { admittedObject } from '#sim';
import type { Command, CommandContext } from '../command.ts';
import { adaptorVersionOption, imagePolicyOption, kataVersionOption } from '../options.ts';
import { cliErrors } from '../errors.ts';
import { netOption } from '../peerpod/net-option.ts';
import { manifestsOf } from '../pods/manifest-files.ts';
import { podOptions } from '../pods/options.ts';
import { DETACHED_POD, isDetached, runDetached } from '../pods/run-detached.ts';
import { runHere } from '../pods/run-here.ts';

export const command: Command = {
  usage: 'run -f POD.yaml... [--peer-pods-cm FILE] [--image-policy FILE] [--detach]',
  details: [
    'Brings up a worker and a pod VM, starts the pod as the runtime does, and keeps it running until its',
    'containers end or Ctrl-C. Use exec, logs, get and delete from another terminal, or after --detach.',
    'Exit code 1: the policy refused the start, or a container failed.',
  ].join('\n'),
  options: {
    ...podOptions,
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      summary: 'namespace of the pod (default: the one of the manifest, else default)',
    },
    filename: {
      type: 'string',
      short: 'f',
      multiple: true,
      value: 'FILE',
      summary: 'a manifest, or a directory of manifests; `-` reads standard input',
    },
    pod: { type: 'string', value: 'NAME', summary: 'which pod, when the manifests have several' },
    'dry-run': {
      type: 'string',
      value: 'WHAT',
      choices: ['none', 'admitted'],
      default: 'none',
      summary:
        'admitted: show the pod after defaults, service account and webhook, and start nothing',
    },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['yaml', 'json'],
      default: 'yaml',
      summary: 'of --dry-run',
    },
    'disable-guest-empty-dir': {
      type: 'boolean',
      summary:
        'disable_guest_empty_dir of the runtime: an emptyDir on disk is copied from the node',
    },
    'emptydir-mode': {
      type: 'string',
      value: 'MODE',
      choices: ['shared-fs', 'block-encrypted', 'block-plain'],
      default: 'shared-fs',
      summary: 'emptydir_mode of the runtime',
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
    'katasim run -f manifests/ -d -n shop',
    'katasim run -f pod.yaml --dry-run=admitted -o yaml',
    'katasim run -f pod.yaml --peer-pods-cm peer-pods-cm.yaml -d',
    'katasim run -f pod.yaml --fault 15150:late-start=2s',
    'katasim run -f pod.yaml --net kernel     # then: ip netns exec NAME ping POD_IP',
  ],
  operands: { min: 0, max: 0 },
  async run(context) {
    const { manifest, stdin } = await manifestsOf(context);
    const isOurs = isDetached(context);
    for (const { path, file, line, because } of isOurs ? [] : manifest.ignored) {
      context.output.note(`ignored: ${path} (${file}:${line}): ${because}`);
    }
    const pods = chosen(manifest, context);
    if (context.options.text('dry-run') === 'admitted') return showAdmitted(pods, context);
    const [pod, ...others] = pods;
    const detach = context.options.flag('detach') && !isOurs;
    if (pod === undefined || (others.length > 0 && !detach)) throw cliErrors.onePod(pods.length);
    if (!detach) return runHere(pod, manifest, context);
    for (const one of pods) {
      const code = await runDetached(one, stdin, context);
      if (code !== 0) return code;
    }
    return 0;
  },
};

/** All pods, or the one of `--pod`. */
function chosen({ pods }: Manifest, { options, environment }: CommandContext): readonly Pod[] {
  const name = environment[DETACHED_POD] ?? options.text('pod');
  if (name === undefined) return pods;
  const found = pods.filter((pod) => pod.name === name);
  if (found.length > 0) return found;
  throw cliErrors.noSuchPod(
    name,
    pods.map((pod) => pod.name),
  );
}

function showAdmitted(pods: readonly Pod[], { output, options }: CommandContext): number {
  const objects = pods.map((pod) => admittedObject(pod, systemRandom));
  const [only] = objects;
  const shown = objects.length === 1 ? only : { apiVersion: 'v1', kind: 'List', items: objects };
  if (options.text('output') === 'json') output.line(JSON.stringify(shown, null, 2));
  else output.yaml(shown);
  return 0;
}
