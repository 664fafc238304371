/**
 * Which machine a pod gets. Source: cloud-api-adaptor v0.22.0 src/cloud-providers/util.go. vCPUs
 * and memory count only together, whatever the documentation says about "or".
 */
import { peerpodErrors } from '../errors.ts';

interface InstanceTypeSpec {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly gpus: number;
}

export interface ResourceRequest {
  readonly instanceType: string;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly gpus: number;
}

/** Sizes of the types that the documentation's examples name. A cloud would be asked for these. */
const KNOWN: readonly InstanceTypeSpec[] = [
  spec('Standard_DC2as_v5', 2, 8192),
  spec('Standard_DC4as_v5', 4, 16384),
  spec('Standard_DC8as_v5', 8, 32768),
  spec('Standard_DC2es_v5', 2, 8192),
  spec('Standard_DC4es_v5', 4, 16384),
  spec('Standard_D8as_v5', 8, 32768),
  spec('Standard_NCC40ads_H100_v5', 40, 327680, 1),
  spec('t2.small', 1, 2048),
  spec('t2.medium', 2, 4096),
  spec('t3.medium', 2, 4096),
  spec('t3.large', 2, 8192),
  spec('m6a.large', 2, 8192),
  spec('m6a.xlarge', 4, 16384),
  spec('g5.xlarge', 4, 16384, 1),
  spec('e2-medium', 2, 4096),
  spec('e2-standard-4', 4, 16384),
  spec('n2d-standard-2', 2, 8192),
];

function spec(name: string, vcpus: number, memoryMib: number, gpus = 0): InstanceTypeSpec {
  return { name, vcpus, memoryMib, gpus };
}

/** Sorted by GPUs, memory, vCPUs; a type nobody knows has no size and never fits a request. */
export function supportedTypes(names: readonly string[]): InstanceTypeSpec[] {
  return names
    .map((name) => KNOWN.find((known) => known.name === name) ?? spec(name, 0, 0))
    .sort((a, b) => a.gpus - b.gpus || a.memoryMib - b.memoryMib || a.vcpus - b.vcpus);
}

export function chooseInstanceType(
  request: ResourceRequest,
  supported: readonly InstanceTypeSpec[],
  defaultType: string,
): string {
  const { instanceType, vcpus, memoryMib, gpus } = request;
  if (instanceType !== '') return verified(instanceType, supported, defaultType);
  const fits = (type: InstanceTypeSpec): boolean =>
    type.vcpus >= vcpus && type.memoryMib >= memoryMib;
  if (gpus > 0) {
    const found = supported.find((type) => type.gpus >= gpus && fits(type));
    if (!found) throw peerpodErrors.noInstanceType(vcpus, memoryMib);
    return found.name;
  }
  if (vcpus !== 0 && memoryMib !== 0) {
    const found = supported.find((type) => type.gpus === 0 && fits(type));
    if (!found) throw peerpodErrors.noInstanceType(vcpus, memoryMib);
    return found.name;
  }
  return defaultType;
}

function verified(
  name: string,
  supported: readonly InstanceTypeSpec[],
  defaultType: string,
): string {
  if (name === defaultType) return name;
  if (supported.length === 0) throw peerpodErrors.instanceTypeListEmpty(name, defaultType);
  if (!supported.some((type) => type.name === name))
    throw peerpodErrors.instanceTypeUnsupported(name);
  return name;
}
