/**
 * Paths that `fieldRef` and `resourceFieldRef` may name.
 * Source: Kubernetes 1.34, pkg/fieldpath/fieldpath.go and pkg/apis/core/validation/validation.go.
 */

const VALUE_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
] as const;
const MAP_FIELDS = ['metadata.labels', 'metadata.annotations'] as const;

export type ValueField = (typeof VALUE_FIELDS)[number];
export type MapField = (typeof MAP_FIELDS)[number];

type FieldPath =
  | { readonly kind: 'value'; readonly name: ValueField }
  | { readonly kind: 'entry'; readonly map: MapField; readonly key: string }
  | { readonly kind: 'map'; readonly map: MapField };

/** `metadata.name`, `metadata.labels['app']` or, for files, `metadata.labels`; else undefined. */
export function parseFieldPath(path: string): FieldPath | undefined {
  const [, name = path, key] = /^([a-z.]+)\['(.+)'\]$/.exec(path) ?? [];
  const map = MAP_FIELDS.find((field) => field === name);
  if (key !== undefined) return map === undefined ? undefined : { kind: 'entry', map, key };
  if (map !== undefined) return { kind: 'map', map };
  const field = VALUE_FIELDS.find((value) => value === path);
  return field === undefined ? undefined : { kind: 'value', name: field };
}

export const RESOURCE_FIELD = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/;
