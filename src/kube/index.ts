/** Door of `kube`: Kubernetes objects as facts: pods, ConfigMaps, Secrets, AdmissionReviews, quantities, patches. Pure. */
export { advertised, demandOf, EXCLUDED_NAMESPACES, isAdmittedAsPeerPod, PEER_POD_OVERHEAD, PEER_POD_RUNTIME_CLASS, VM_RESOURCE, type Amounts, type PodToPlace } from './peer-pods.ts';
export { type AdmissionReviewReply, admissionRefusal, admissionReview, type AdmissionResponse } from './admission-review.ts';
export type { IgnoredField } from './check-fields.ts';
export { parseManifest, type Manifest } from './manifest.ts';
export { type Container, type Pod, type Probe, type ProbeKind, type RestartPolicy, type SecurityContext, type ValueSource, type EnvVar, hostnameOf, type FileSource, type Volume } from './pod.ts';
export { bytesOf, milliCpus, parseQuantity, wholeMib, wholeUnits } from './quantity.ts';
export { parseConfigMap } from './config-map.ts';
export { diffJson, type PatchOperation } from './json-patch.ts';
export { assertPodShape } from './pod-shape.ts';
export { podResources, requestOf, qosClass, containerResources, type QosClass } from './pod-resources.ts';
export { parseFieldPath, RESOURCE_FIELD, type MapField, type ValueField } from './field-path.ts';
export { expand } from './expand.ts';
export { kubeErrors } from './errors.ts';
