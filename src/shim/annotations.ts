/**
 * The pod annotations that the Go runtime reads and keeps from the guest, and the synthetic map that
 * it hands to the remote hypervisor. Source: Kata 4.1.0, src/runtime/pkg/oci/utils.go, virtcontainers/remote.go.
 */
import { corruptBase64At } from '#base';
import {
  decodeInitdataBytes,
  INITDATA_ANNOTATION,
  INITDATA_ANNOTATION_OLD,
  parseInitdata,
} from '#initdata';
import { shimErrors } from './errors.ts';
import { type Pod, podResources } from '#kube';
import { runtimes, type Runtime } from './runtime.ts';

export const POLICY_ANNOTATION = 'io.katacontainers.config.agent.policy';
const HYPERVISOR_PREFIX = 'io.katacontainers.config.hypervisor.';
const KERNEL_MODULES = 'io.katacontainers.config.agent.kernel_modules';
const KATA_PREFIX = 'io.katacontainers.';

/** Regular expressions, unanchored. Source: configuration-remote.toml of upstream. */
const DEFAULT_ENABLED_ANNOTATIONS: readonly string[] = [
  'machine_type',
  'default_memory',
  'default_vcpus',
  'image',
  'default_gpus',
  'gpu_model',
  'cc_init_data',
];

export interface ShimAnnotations {
  /** Rego text for SetPolicy. */
  readonly policy: string | undefined;
  /** The TOML text of the initdata annotation; empty and absent are the same. */
  readonly initdata: string | undefined;
  /** The key the initdata stood under, for the note that newer adaptors read another one. */
  readonly initdataKey: string | undefined;
  /** For CreateSandbox: the first word names the module, the others are its parameters. */
  readonly kernelModules: readonly KernelModule[];
  /** What goes on to OCI.Annotations. */
  readonly forwarded: Readonly<Record<string, string>>;
}

interface KernelModule {
  readonly name: string;
  readonly parameters: readonly string[];
}

interface AnnotationRules {
  /** `enable_annotations` of the shim configuration. */
  readonly enabled?: readonly string[] | undefined;
  /** The one key that this release reads initdata from; without it both spellings, newer first. */
  readonly initdataKey?: string | undefined;
  readonly runtime?: Runtime | undefined;
}

/** Decodes with the runtime's error texts; nothing has been sent to anyone yet. */
export function readAnnotations(
  { annotations }: Pod,
  {
    enabled = DEFAULT_ENABLED_ANNOTATIONS,
    initdataKey: onlyKey,
    runtime = runtimes.go,
  }: AnnotationRules = {},
): ShimAnnotations {
  // Source: kata-containers src/runtime/pkg/oci/utils.go, checkAnnotationNameIsValid.
  const isEnabled = (key: string): boolean =>
    !key.startsWith(HYPERVISOR_PREFIX) ||
    enabled.some((pattern) => new RegExp(pattern).test(key.slice(HYPERVISOR_PREFIX.length)));
  const disabled = Object.keys(annotations).find((key) => !isEnabled(key));
  if (disabled !== undefined && runtime.refusesAnnotations) throw shimErrors.notEnabled(disabled);
  const readable =
    onlyKey === undefined ? [INITDATA_ANNOTATION, INITDATA_ANNOTATION_OLD] : [onlyKey];
  const initdataKey = readable.find((key) => (annotations[key] ?? '') !== '' && isEnabled(key));
  // A key that this release does not know is an annotation as any other.
  const kept = new Set([...(runtime.policyAnnotation ? [POLICY_ANNOTATION] : []), ...readable]);
  return {
    policy: runtime.policyAnnotation ? decodePolicy(annotations[POLICY_ANNOTATION]) : undefined,
    initdata:
      initdataKey === undefined ? undefined : decodeText(annotations[initdataKey] ?? '', runtime),
    initdataKey,
    kernelModules: kernelModules(annotations[KERNEL_MODULES] ?? ''),
    forwarded: Object.fromEntries(
      Object.entries(annotations).filter(([key]) => key.startsWith(KATA_PREFIX) && !kept.has(key)),
    ),
  };
}

/** The runtime parses the document, and passes on the text as it was. */
function decodeText(value: string, { name }: Runtime): string {
  const reader = `runtime-${name}` as const;
  const bytes = decodeInitdataBytes(value, { reader });
  parseInitdata(bytes, { reader });
  return Buffer.from(bytes).toString('utf8');
}

/** Source: Kata 4.1.0, src/runtime/pkg/oci/utils.go: `;` between modules, blanks between a module's words. */
function kernelModules(value: string): readonly KernelModule[] {
  return value
    .split(';')
    .map((module) => module.trim().split(/\s+/))
    .flatMap(([name = '', ...parameters]) => (name === '' ? [] : [{ name, parameters }]));
}

function decodePolicy(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  const wrong = corruptBase64At(value);
  if (wrong !== undefined) {
    // The words of Go's encoding/base64.
    const reason = `illegal base64 data at input byte ${wrong}`;
    throw shimErrors.policyAnnotation(POLICY_ANNOTATION, reason);
  }
  const text = Buffer.from(value, 'base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    throw shimErrors.policyAnnotation(POLICY_ANNOTATION, 'the decoded policy is not UTF-8 text');
  }
}

/** CreateVM's annotations: made up by the shim, not the pod's own. Source: Kata 4.1.0, virtcontainers/remote.go. */
export function createVmAnnotations(
  pod: Pod,
  { initdata }: Pick<ShimAnnotations, 'initdata'>,
  initdataKey = INITDATA_ANNOTATION,
): Readonly<Record<string, string>> {
  const given = (name: string): string => pod.annotations[HYPERVISOR_PREFIX + name] ?? '';
  const { milliCpuLimit, memoryLimit } = podResources(pod);
  const names: Readonly<Record<string, string>> = {
    machine_type: given('machine_type'),
    image: given('image'),
    default_vcpus: given('default_vcpus') || String(Math.ceil(milliCpuLimit / 1000)),
    default_memory: given('default_memory') || String(Math.floor(memoryLimit / 2 ** 20)),
    default_gpus: given('default_gpus') || '0',
    default_gpu_model: given('default_gpu_model'),
  };
  return {
    'io.kubernetes.cri.sandbox-name': pod.name,
    'io.kubernetes.cri.sandbox-namespace': pod.namespace,
    ...Object.fromEntries(
      Object.entries(names).map(([name, value]) => [HYPERVISOR_PREFIX + name, value]),
    ),
    [initdataKey]: initdata ?? '',
  };
}
