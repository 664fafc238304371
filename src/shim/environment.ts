/**
 * A container with everything in place that is known only when its pod has an address: values from
 * elsewhere, and `$(NAME)` in values, command and arguments.
 * Source: Kubernetes pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables.
 */
import type { Clock } from '#base';
import { downwardValue, type PodFacts } from './downward.ts';
import { shimErrors } from './errors.ts';
import { type Container, type EnvVar, expand, type Manifest } from '#kube';

/** The service every cluster has. Source: Kubernetes, environment variables of services. */
const API_SERVICE_IP = '10.96.0.1';
const serviceVariables: readonly (readonly [string, string])[] = [
  ['KUBERNETES_PORT_443_TCP_PROTO', 'tcp'],
  ['KUBERNETES_PORT_443_TCP_PORT', '443'],
  ['KUBERNETES_PORT_443_TCP_ADDR', API_SERVICE_IP],
  ['KUBERNETES_SERVICE_HOST', API_SERVICE_IP],
  ['KUBERNETES_SERVICE_PORT', '443'],
  ['KUBERNETES_SERVICE_PORT_HTTPS', '443'],
  ['KUBERNETES_PORT', `tcp://${API_SERVICE_IP}:443`],
  ['KUBERNETES_PORT_443_TCP', `tcp://${API_SERVICE_IP}:443`],
];

export interface ResolveContext extends PodFacts {
  readonly objects: Manifest['objects'];
  /** When tokens are issued. */
  readonly clock: Clock;
}

export function resolveContainer(container: Container, context: ResolveContext): Container {
  const own = ownVariables(container, context);
  const all = new Map(own);
  for (const [name, value] of serviceVariables) if (!own.has(name)) all.set(name, value);
  const { command, args } = container;
  const expandAll = (words: readonly string[]): readonly string[] =>
    words.map((word) => expand(word, all));
  return {
    ...container,
    env: [...all].map(([name, value]): EnvVar => ({ name, value })),
    envFrom: [],
    command: command && expandAll(command),
    args: args && expandAll(args),
  };
}

/** Objects first, then single variables, each of which may use what stands before it. */
function ownVariables(container: Container, context: ResolveContext): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const services = new Map(serviceVariables);
  for (const { prefix, object, optional } of container.envFrom) {
    for (const [key, bytes] of objectNamed(object, optional, context) ?? []) {
      variables.set(prefix + key, textOf(bytes));
    }
  }
  for (const { name, value, from } of container.env) {
    const known = new Map([...services, ...variables]);
    const resolved = from === undefined ? expand(value, known) : fromElsewhere(from, context);
    if (resolved !== undefined) variables.set(name, resolved);
  }
  return variables;
}

/** Undefined when an optional key is not there. */
function fromElsewhere(
  from: NonNullable<EnvVar['from']>,
  context: ResolveContext,
): string | undefined {
  if (from.kind !== 'key') return downwardValue(from, context);
  const bytes = objectNamed(from.object, from.optional, context)?.get(from.key);
  if (bytes !== undefined) return textOf(bytes);
  if (from.optional) return undefined;
  throw shimErrors.noSuchKey(from.object, from.key, context.pod.namespace);
}

function objectNamed(
  object: string,
  optional: boolean,
  { objects }: ResolveContext,
): ReadonlyMap<string, string> | undefined {
  // Variables take no binaryData.
  const found = objects.get(object)?.data;
  if (found === undefined && !optional) throw shimErrors.noSuchObject(object);
  return found;
}

const textOf = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
