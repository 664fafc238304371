/** Door of `cluster`: what a Kubernetes cluster decides about a pod before a node sees it. */
export { NodeCapacity, type Placement, type Unschedulable } from './capacity.ts';
export type { Reservation, Holder } from './reservation-log.ts';
export {
  NodeReservations,
  type NodeReservationsOptions,
  type SlotReservations,
} from './node-reservations.ts';
