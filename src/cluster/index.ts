/** Door of `cluster`: what a Kubernetes cluster decides about a pod before a node sees it. */
export { NodeCapacity } from './capacity.ts';
export { NodeReservations, type SlotReservations } from './node-reservations.ts';
