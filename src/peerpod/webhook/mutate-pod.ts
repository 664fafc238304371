/**
 * The peer-pods webhook's mutation: the pod's resources become annotations for the machine, and one
 * unit of the extended resource. Source: cloud-api-adaptor v0.22.0
 * src/webhook/pkg/mutating/remove-resourcespec.go.
 *
 * Quirks kept: init and main containers are summed (Kubernetes takes a maximum), overhead and
 * ephemeral containers do not count, the annotation is `default_memory` whatever the docs say.
 */
import { peerpodErrors } from '../errors.ts';
import {
  formatQuantity,
  parseQuantity,
  quantityFormat,
  wholeMib,
  wholeUnits,
  type QuantityFormat,
} from '#kube';

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
  const sum = (kind: 'requests' | 'limits', name: string, format: QuantityFormat): Sum =>
    containers.reduce((total, { resources }) => add(total, resources?.[kind]?.[name]), {
      nano: 0n,
      format,
    });
  /** Limits when they cover requests that are not zero, else requests above zero. */
  const chosen = (name: string, format: QuantityFormat): bigint | undefined => {
    const { nano: requests } = sum('requests', name, format);
    const { nano: limits } = sum('limits', name, format);
    if (requests !== 0n && limits >= requests) return limits;
    return requests > 0n ? requests : undefined;
  };
  const cpu = chosen('cpu', 'DecimalSI');
  const memory = chosen('memory', 'BinarySI');
  const gpus = sum('requests', GPU, 'DecimalSI');
  const annotations: Record<string, string> = {};
  if (cpu !== undefined) {
    annotations[`${PREFIX}.default_vcpus`] = String(BigInt.asIntN(64, wholeUnits(cpu)));
  }
  if (memory !== undefined) annotations[`${PREFIX}.default_memory`] = mebibytes(memory);
  if (gpus.nano > 0n) {
    annotations[`${PREFIX}.default_gpus`] = formatQuantity(gpus.nano, gpus.format);
  }
  return annotations;
}

interface Sum {
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

/** A sum is written like its first addend that is not zero. */
function add(total: Sum, value: string | number | undefined): Sum {
  if (value === undefined) return total;
  const text = String(value);
  const parsed = parseQuantity(text);
  if (parsed === undefined) throw peerpodErrors.badQuantity(text);
  const format = total.nano === 0n ? quantityFormat(text) : total.format;
  return { nano: total.nano + parsed, format };
}

/** 2^63-1 bytes and above are "too great", and the error's value is written: "0". */
function mebibytes(nano: bigint): string {
  const bytes = wholeUnits(nano);
  if (bytes >= (1n << 63n) - 1n) return '0';
  return String(bytes > 0n ? wholeMib(nano) : bytes / (1n << 20n));
}
