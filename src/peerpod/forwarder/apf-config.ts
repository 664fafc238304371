/**
 * apf.json: what the adaptor tells the forwarder about its pod. Written with the adaptor's key order
 * and indent of four, read with unknown keys ignored. Source: peer-pods.md 1.2 and 3.3.
 */
import { readFile } from 'node:fs/promises';
import { messageOf } from '#base';
import { peerpodErrors } from '../errors.ts';

export const APF_CONFIG_PATH = '/run/peerpod/apf.json';
/** Before v0.15.0. */
export const APF_CONFIG_PATH_OLD = '/run/peerpod/daemon.json';

export interface PodRoute {
  readonly dst: string;
  /** Empty when there is no gateway. */
  readonly gw: string;
  readonly dev: string;
  readonly protocol?: string;
  readonly scope?: string;
}

export interface PodNeighbor {
  readonly ip: string;
  readonly 'hw-addr': string;
  readonly dev: string;
  readonly state: string;
}

/** The tunnel config, `pod-network`. */
export interface PodNetworkConfig {
  readonly podip: string;
  readonly 'pod-hw-addr': string;
  readonly interface: string;
  readonly 'worker-node-ip': string;
  readonly 'tunnel-type': string;
  readonly routes: readonly PodRoute[] | null;
  readonly neighbors: readonly PodNeighbor[] | null;
  readonly mtu: number;
  readonly index: number;
  readonly 'vxlan-port'?: number;
  readonly 'vxlan-id'?: number;
  readonly dedicated: boolean;
  readonly 'external-net-via-pod-vm': boolean;
}

export interface ApfConfig {
  readonly 'pod-network': PodNetworkConfig | null;
  /** Kubernetes namespace and name; not the network namespace that the flag of that name takes. */
  readonly 'pod-namespace': string;
  readonly 'pod-name': string;
  readonly 'tls-server-key'?: string;
  readonly 'tls-server-cert'?: string;
  readonly 'tls-client-ca'?: string;
  readonly 'tls-min-version'?: string;
  readonly 'tls-cipher-suites'?: readonly string[];
}

const KEYS = [
  'pod-network',
  'pod-namespace',
  'pod-name',
  'tls-server-key',
  'tls-server-cert',
  'tls-client-ca',
  'tls-min-version',
  'tls-cipher-suites',
] as const;

const NETWORK_KEYS = [
  'podip',
  'pod-hw-addr',
  'interface',
  'worker-node-ip',
  'tunnel-type',
  'routes',
  'neighbors',
  'mtu',
  'index',
  'vxlan-port',
  'vxlan-id',
  'dedicated',
  'external-net-via-pod-vm',
] as const;

/** Left out when empty or 0, as Go's omitempty does. */
const OMIT_EMPTY = new Set<string>([
  'tls-server-key',
  'tls-server-cert',
  'tls-client-ca',
  'tls-min-version',
  'tls-cipher-suites',
  'vxlan-port',
  'vxlan-id',
]);

export function encodeApfConfig(config: ApfConfig): string {
  const network = config['pod-network'];
  const value = {
    ...pick(config, KEYS),
    'pod-network': network === null ? null : pick(network, NETWORK_KEYS),
  };
  // encoding/json escapes these three in strings.
  return JSON.stringify(value, null, 4).replace(
    /[<>&]/g,
    (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
  );
}

function pick<T extends object>(value: T, keys: readonly (keyof T & string)[]): object {
  const isEmpty = (field: unknown): boolean =>
    field === undefined ||
    field === '' ||
    field === 0 ||
    (Array.isArray(field) && field.length === 0);
  return Object.fromEntries(
    keys
      .filter((key) => !(OMIT_EMPTY.has(key) && isEmpty(value[key])))
      .map((key) => [key, value[key]]),
  );
}

/** Throws with the forwarder's text, its doubled word included. */
export function parseApfConfig(text: string, path = APF_CONFIG_PATH): ApfConfig {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error('json: cannot unmarshal into Go value of type forwarder.Config');
    }
    assertTypes(value as Record<string, unknown>);
    return { 'pod-network': null, 'pod-namespace': '', 'pod-name': '', ...value };
  } catch (error) {
    throw peerpodErrors.apfUndecodable(path, messageOf(error), error);
  }
}

function assertTypes(value: Record<string, unknown>): void {
  for (const key of KEYS) {
    const field = value[key];
    if (field === undefined || field === null) continue;
    const wanted =
      key === 'pod-network' ? 'object' : key === 'tls-cipher-suites' ? 'array' : 'string';
    const actual = Array.isArray(field) ? 'array' : typeof field;
    if (actual !== wanted) {
      throw new Error(
        `json: cannot unmarshal ${actual} into Go struct field Config.${key} of type ${wanted}`,
      );
    }
  }
}

export async function readApfConfig(path: string): Promise<ApfConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw peerpodErrors.apfUnreadable(path, error);
  }
  return parseApfConfig(text, path);
}
