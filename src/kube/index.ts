/** Door of `kube`: Kubernetes objects as facts: pods, ConfigMaps, Secrets, AdmissionReviews, quantities, patches. Pure. */
export {
  advertised,
  demandOf,
  isAdmittedAsPeerPod,
  VM_RESOURCE,
  type Amounts,
} from './peer-pods.ts';
export {
  type AdmissionReviewReply,
  admissionRefusal,
  admissionReview,
  type AdmissionResponse,
} from './admission-review.ts';
export { admitPod, readPodObject } from './admit-pod.ts';
export { safeSuffix } from './generated-name.ts';
export { parseManifest, readManifests, type Manifest, type ManifestFile } from './manifest.ts';
export {
  effectiveSecurityContext,
  hostnameOf,
  type Container,
  type EnvVar,
  type FileSource,
  type LifecycleAction,
  type MountPropagation,
  type Pod,
  type PodObject,
  type PodSecurityContext,
  type Probe,
  type ProbeKind,
  type RestartPolicy,
  type SecurityContext,
  type ValueSource,
  type Volume,
  type VolumeMount,
} from './pod.ts';
export {
  bytesOf,
  formatQuantity,
  milliCpus,
  parseQuantity,
  quantityFormat,
  wholeMib,
  wholeUnits,
  type QuantityFormat,
} from './quantity.ts';
export { GoJsonError, parseGoJson, plainJson, type JsonNode } from './go-json.ts';
export { decodePod, decodeStruct, GoDecodeError } from './typed-object.ts';
export { parseConfigMap } from './config-map.ts';
export { diffJson, type PatchOperation } from './json-patch.ts';
export {
  podResources,
  requestOf,
  qosClass,
  containerResources,
  type QosClass,
} from './pod-resources.ts';
export { parseFieldPath, RESOURCE_FIELD, type MapField, type ValueField } from './field-path.ts';
export { expand } from './expand.ts';
export { kubeErrors } from './errors.ts';
