/** Door of `cluster`: what a Kubernetes cluster decides about a pod before a node sees it. */
export { NodeCapacity, type Amounts, type Placement, type Unschedulable } from './capacity.ts';
export type { Claim, Holder } from './account-log.ts';
export { NodeAccount, type NodeAccountOptions, type PlaceKeeper } from './node-account.ts';
export {
  advertised,
  demandOf,
  EXCLUDED_NAMESPACES,
  isAdmittedAsPeerPod,
  PEER_POD_OVERHEAD,
  PEER_POD_RUNTIME_CLASS,
  VM_RESOURCE,
  type PodToPlace,
} from './peer-pods.ts';
