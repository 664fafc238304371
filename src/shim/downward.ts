/**
 * The downward API: what a pod may learn of itself, as the kubelet answers it.
 * Source: Kubernetes pkg/fieldpath, pkg/api/v1/resource/helpers.go.
 */
import {
  bytesOf,
  type MapField,
  milliCpus,
  parseFieldPath,
  type Pod,
  requestOf,
  RESOURCE_FIELD,
  type ValueField,
  type ValueSource,
} from '#kube';
import { NODE_MEMORY_BYTES, NODE_MILLI_CPUS } from './resources.ts';

/** What is known of a pod once it has a place. */
export interface PodFacts {
  readonly pod: Pod;
  readonly podUid: string;
  readonly podIp: string;
}

/** The simulated worker, as its pods see it. */
export const NODE_NAME = 'worker';
/** First address of the pod subnet, which a worker keeps for itself. */
export const NODE_IP = '10.244.1.1';

const values: Readonly<Record<ValueField, (facts: PodFacts) => string>> = {
  'metadata.name': ({ pod }) => pod.name,
  'metadata.namespace': ({ pod }) => pod.namespace,
  'metadata.uid': ({ podUid }) => podUid,
  'spec.nodeName': () => NODE_NAME,
  'spec.serviceAccountName': ({ pod }) => pod.serviceAccount.name,
  'status.hostIP': () => NODE_IP,
  'status.hostIPs': () => NODE_IP,
  'status.podIP': ({ podIp }) => podIp,
  'status.podIPs': ({ podIp }) => podIp,
};

const maps: Readonly<Record<MapField, (facts: PodFacts) => Readonly<Record<string, string>>>> = {
  'metadata.labels': ({ pod }) => pod.labels,
  'metadata.annotations': ({ pod }) => pod.annotations,
};

export function downwardValue(source: ValueSource, facts: PodFacts): string {
  if (source.kind === 'resource') return resourceValue(source, facts.pod);
  const field = parseFieldPath(source.path);
  switch (field?.kind) {
    case 'entry':
      return maps[field.map](facts)[field.key] ?? '';
    case 'map':
      return formatMap(maps[field.map](facts));
    case 'value':
      return values[field.name](facts);
    default:
      return '';
  }
}

/** `key="value"` lines. Source: pkg/fieldpath, FormatMap. */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n');
}

/** What a container without a limit may take: all that the node has. */
const NODE_LIMITS: Readonly<Record<string, string>> = {
  cpu: `${NODE_MILLI_CPUS}m`,
  memory: String(NODE_MEMORY_BYTES),
};

/** In whole units of the divisor, rounded up. */
function resourceValue(source: ValueSource & { readonly kind: 'resource' }, pod: Pod): string {
  const [, list = '', name = ''] = RESOURCE_FIELD.exec(source.resource) ?? [];
  const container = [...pod.containers, ...pod.initContainers].find(
    (candidate) => candidate.name === source.container,
  );
  if (container === undefined) return '';
  const quantity =
    list === 'limits'
      ? (container.resources.limits[name] ?? NODE_LIMITS[name] ?? '0')
      : (requestOf(container, name) ?? '0');
  const amount = name === 'cpu' ? milliCpus : bytesOf;
  const divisor = amount(source.divisor) || amount('1');
  return String(Math.ceil(amount(quantity) / divisor));
}
