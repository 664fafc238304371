/**
 * The pod annotations that the Go runtime reads and keeps from the guest, and the synthetic map that
 * it hands to the remote hypervisor. Sources: kata-agent.md 4.5, peer-pods.md 2.3.
 */
import {
  decodeInitdataBytes,
  INITDATA_ANNOTATION,
  INITDATA_ANNOTATION_OLD,
  parseInitdata,
} from '#initdata';
import { shimErrors } from './errors.ts';
import { bytesOf, milliCpus } from './quantity.ts';
import type { Pod } from './pod.ts';

export const POLICY_ANNOTATION = 'io.katacontainers.config.agent.policy';
const HYPERVISOR_PREFIX = 'io.katacontainers.config.hypervisor.';
const KATA_PREFIX = 'io.katacontainers.';

/** Source: configuration-remote.toml of upstream. */
export const DEFAULT_ENABLED_ANNOTATIONS: readonly string[] = [
  'machine_type',
  'default_memory',
  'default_vcpus',
  'image',
  'default_gpus',
  'default_gpu_model',
  'cc_init_data',
];

export interface ShimAnnotations {
  /** Rego text for SetPolicy. */
  readonly policy: string | undefined;
  /** The TOML text of the initdata annotation; empty and absent are the same. */
  readonly initdata: string | undefined;
  /** The key the initdata stood under, for the note that newer adaptors read another one. */
  readonly initdataKey: string | undefined;
  /** What goes on to OCI.Annotations. */
  readonly forwarded: Readonly<Record<string, string>>;
}

/** Decodes with the Go runtime's error texts; nothing has been sent to anyone yet. */
export function readAnnotations(
  { annotations }: Pod,
  enabled: readonly string[] = DEFAULT_ENABLED_ANNOTATIONS,
): ShimAnnotations {
  for (const key of Object.keys(annotations)) {
    const name = key.startsWith(HYPERVISOR_PREFIX)
      ? key.slice(HYPERVISOR_PREFIX.length)
      : undefined;
    if (name !== undefined && !enabled.includes(name)) throw shimErrors.notEnabled(key);
  }
  const initdataKey = [INITDATA_ANNOTATION, INITDATA_ANNOTATION_OLD].find(
    (key) => (annotations[key] ?? '') !== '',
  );
  const kept = new Set([POLICY_ANNOTATION, INITDATA_ANNOTATION, INITDATA_ANNOTATION_OLD]);
  return {
    policy: decodePolicy(annotations[POLICY_ANNOTATION]),
    initdata: initdataKey === undefined ? undefined : decodeText(annotations[initdataKey] ?? ''),
    initdataKey,
    forwarded: Object.fromEntries(
      Object.entries(annotations).filter(([key]) => key.startsWith(KATA_PREFIX) && !kept.has(key)),
    ),
  };
}

/** The runtime parses the document, and passes on the text as it was. */
function decodeText(value: string): string {
  const bytes = decodeInitdataBytes(value, { reader: 'runtime-go' });
  parseInitdata(bytes, { reader: 'runtime-go' });
  return Buffer.from(bytes).toString('utf8');
}

function decodePolicy(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  const compact = value.replace(/[\r\n]/g, '');
  const bad = /[^A-Za-z0-9+/=]/.exec(compact);
  if (bad !== null || compact.length % 4 !== 0) {
    // The words of Go's encoding/base64.
    const reason = `illegal base64 data at input byte ${bad?.index ?? compact.length}`;
    throw shimErrors.policyAnnotation(POLICY_ANNOTATION, reason);
  }
  const text = Buffer.from(compact, 'base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    throw shimErrors.policyAnnotation(POLICY_ANNOTATION, 'the decoded policy is not UTF-8 text');
  }
}

/** CreateVM's annotations: made up by the shim, not the pod's own. Source: peer-pods.md 2.3. */
export function createVmAnnotations(
  pod: Pod,
  { initdata }: Pick<ShimAnnotations, 'initdata'>,
): Readonly<Record<string, string>> {
  const given = (name: string): string => pod.annotations[HYPERVISOR_PREFIX + name] ?? '';
  const limits = pod.containers.map(({ resources }) => resources.limits);
  const cpus = sum(limits.map((limit) => milliCpus(limit['cpu'] ?? '0'))) / 1000;
  const memory = sum(limits.map((limit) => bytesOf(limit['memory'] ?? '0'))) / 2 ** 20;
  const names: Readonly<Record<string, string>> = {
    machine_type: given('machine_type'),
    image: given('image'),
    default_vcpus: given('default_vcpus') || String(Math.ceil(cpus)),
    default_memory: given('default_memory') || String(Math.ceil(memory)),
    default_gpus: given('default_gpus') || '0',
    default_gpu_model: given('default_gpu_model'),
  };
  return {
    'io.kubernetes.cri.sandbox-name': pod.name,
    'io.kubernetes.cri.sandbox-namespace': pod.namespace,
    ...Object.fromEntries(
      Object.entries(names).map(([name, value]) => [HYPERVISOR_PREFIX + name, value]),
    ),
    [INITDATA_ANNOTATION]: initdata ?? '',
  };
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
