/** Door of `cluster`: what a Kubernetes cluster decides about a pod before a node sees it. */
export { NodeCapacity, type Placement, type Unschedulable } from './capacity.ts';
export type { Claim, Holder } from './account-log.ts';
export { NodeAccount, type NodeAccountOptions, type PlaceKeeper } from './node-account.ts';
