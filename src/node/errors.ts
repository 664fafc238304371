/** How a request for a pod of this node can be wrong, as the API server words it where it has words. */
import { KatasimError } from '#base';

export const nodeErrors = {
  podExists: (namespace: string, name: string) =>
    new KatasimError('CLI_POD_EXISTS', `pods "${name}" already exists in ${namespace}`, {
      hint: `\`katasim delete pod ${name}\` stops it.`,
    }),
  noPod: (name: string) =>
    new KatasimError('CLI_NO_POD', `pods "${name}" not found`, {
      hint: 'Start it with `katasim run -f pod.yaml`; `katasim get pods` lists what there is.',
    }),
  hasEnded: (name: string, phase: string) =>
    new KatasimError(
      'CLI_NOT_RUNNING',
      `pods "${name}" has ended: current phase is ${phase}, and its VM is gone`,
      { hint: `\`katasim describe pod ${name}\` says how; the doctor looks at running pods.` },
    ),
};
