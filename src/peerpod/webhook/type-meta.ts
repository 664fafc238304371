/**
 * apiVersion and kind of a document, read before anything else of it, and whether the webhook knows
 * them. Sources: k8s.io/apimachinery v0.35.2 pkg/runtime/serializer/json/meta.go, pkg/runtime/codec.go
 * and pkg/runtime/schema/group_version.go.
 */
import { GoDecodeError, type JsonNode } from '#kube';

export interface TypeMeta {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const META_STRUCT =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
const INTRO = "couldn't get version/kind; json parse error: json: cannot unmarshal";

/** Keys match without regard to case here: this one decoder is Go's own. */
export function interpret(node: JsonNode): TypeMeta {
  if (node.kind === 'null') return { group: '', version: '', kind: '' };
  if (node.kind !== 'object') {
    throw new GoDecodeError(`${INTRO} ${node.kind} into Go value of type ${META_STRUCT}`);
  }
  const found = { apiversion: '', kind: '' };
  for (const [key, member] of node.members) {
    const name = key.toLowerCase();
    if ((name !== 'apiversion' && name !== 'kind') || member.kind === 'null') continue;
    if (member.kind !== 'string') {
      const field = name === 'kind' ? 'kind' : 'apiVersion';
      throw new GoDecodeError(
        `${INTRO} ${member.kind} into Go struct field .${field} of type string`,
      );
    }
    found[name] = member.value;
  }
  return { ...parseGroupVersion(found.apiversion), kind: found.kind };
}

function parseGroupVersion(text: string): { group: string; version: string } {
  if (text === '' || text === '/') return { group: '', version: '' };
  const [first = '', second, ...more] = text.split('/');
  if (more.length > 0) throw new GoDecodeError(`unexpected GroupVersion string: ${text}`);
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}

const apiVersionOf = ({ group, version }: TypeMeta): string =>
  group === '' ? version : `${group}/${version}`;

/** The webhook's scheme: core/v1, and what every group version has. */
const CORE_KINDS = new Set(
  `Binding ComponentStatus ComponentStatusList ConfigMap ConfigMapList Endpoints EndpointsList Event
  EventList LimitRange LimitRangeList Namespace NamespaceList Node NodeList NodeProxyOptions
  PersistentVolume PersistentVolumeClaim PersistentVolumeClaimList PersistentVolumeList Pod
  PodAttachOptions PodExecOptions PodList PodLogOptions PodPortForwardOptions PodProxyOptions
  PodStatusResult PodTemplate PodTemplateList RangeAllocation ReplicationController
  ReplicationControllerList ResourceQuota ResourceQuotaList Secret SecretList SerializedReference
  Service ServiceAccount ServiceAccountList ServiceList ServiceProxyOptions CreateOptions
  DeleteOptions GetOptions ListOptions PatchOptions UpdateOptions WatchEvent Status APIVersions
  APIGroup APIGroupList APIResourceList`.split(/\s+/),
);

/** Absent parts are those of a Pod; any other type of object is refused. */
export function assertPodKind({ group, version, kind: given }: TypeMeta): void {
  const kind = given === '' ? 'Pod' : given;
  const isCore = group === '' && (version === '' || version === 'v1');
  if (isCore && kind === 'Pod') return;
  if (isCore && CORE_KINDS.has(kind)) {
    throw new GoDecodeError(`unable to decode /v1, Kind=${kind} into *v1.Pod`);
  }
  const shown = version === '' && group === '' ? 'v1' : apiVersionOf({ group, version, kind });
  throw new GoDecodeError(
    `no kind "${kind}" is registered for version "${shown}" in scheme "pkg/runtime/scheme.go:111"`,
  );
}
