/**
 * The peer-pods webhook's mutation: the pod's resources become annotations for the machine, and one
 * unit of the extended resource. Source: cloud-api-adaptor v0.22.0
 * src/webhook/pkg/mutating/remove-resourcespec.go.
 *
 * Quirks kept: init and main containers are summed (Kubernetes takes a maximum), overhead and
 * ephemeral containers do not count, the annotation is `default_memory` whatever the docs say.
 */
import { peerpodErrors } from '../errors.ts';
import { parseQuantity, wholeMib, wholeUnits } from '#kube';

export interface WebhookSettings {
  /** `TARGET_RUNTIMECLASS`. */
  readonly runtimeClass: string;
  /** `POD_VM_EXTENDED_RESOURCE`. */
  readonly extendedResource: string;
}

export const DEFAULT_WEBHOOK_SETTINGS: WebhookSettings = {
  runtimeClass: 'kata-remote',
  extendedResource: 'kata.peerpods.io/vm',
};

type Quantities = Readonly<Record<string, string | number>>;

interface Container {
  readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
}

export interface MutablePod {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly runtimeClassName?: string;
    readonly containers?: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
}

const PREFIX = 'io.katacontainers.config.hypervisor';
const GPU = 'nvidia.com/gpu';

/** A new pod, or the same object when it is of another runtime class. */
export function mutatePod<P extends MutablePod>(
  pod: P,
  settings: WebhookSettings = DEFAULT_WEBHOOK_SETTINGS,
): P {
  const { spec } = pod;
  if (spec?.runtimeClassName !== settings.runtimeClass) return pod;
  const containers = spec.containers ?? [];
  if (containers.length === 0) throw peerpodErrors.podWithoutContainers();
  const annotations = machineAnnotations([...containers, ...(spec.initContainers ?? [])]);
  const unit = { [settings.extendedResource]: '1' };
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      ...(Object.keys(annotations).length > 0 && {
        annotations: { ...pod.metadata?.annotations, ...annotations },
      }),
    },
    spec: {
      ...spec,
      containers: containers.map((container, i) => ({
        ...container,
        resources: i === 0 ? { limits: unit, requests: unit } : {},
      })),
      ...(spec.initContainers && {
        initContainers: spec.initContainers.map((container) => ({ ...container, resources: {} })),
      }),
    },
  };
}

function machineAnnotations(containers: readonly Container[]): Record<string, string> {
  const sum = (kind: 'requests' | 'limits', name: string): bigint =>
    containers.reduce((total, { resources }) => total + quantityOf(resources?.[kind]?.[name]), 0n);
  /** Limits when they cover the requests, requests otherwise, nothing without requests. */
  const wanted = (name: string): bigint => {
    const [requests, limits] = [sum('requests', name), sum('limits', name)];
    return requests > 0n && limits >= requests ? limits : requests;
  };
  const [cpu, memory, gpus] = [wanted('cpu'), wanted('memory'), sum('requests', GPU)];
  return {
    ...(cpu > 0n && { [`${PREFIX}.default_vcpus`]: String(wholeUnits(cpu)) }),
    ...(memory > 0n && { [`${PREFIX}.default_memory`]: String(wholeMib(memory)) }),
    ...(gpus > 0n && { [`${PREFIX}.default_gpus`]: String(wholeUnits(gpus)) }),
  };
}

function quantityOf(value: string | number | undefined): bigint {
  if (value === undefined) return 0n;
  const parsed = parseQuantity(String(value));
  if (parsed === undefined) throw peerpodErrors.badQuantity(String(value));
  return parsed;
}
