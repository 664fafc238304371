/** Door of `sim`: everything joined. Public as `katasim/sim`, with what its callers read and catch. */
export { ExecError, PodStartError } from '#shim';
export { parseManifest, type Manifest, type Pod } from '#kube';
export { admittedObject } from './admission.ts';
export { parseAllocatable } from './allocatable.ts';
export { startGuestAgent, type GuestAgentOptions } from './guest-agent.ts';
export { deadUnit, podVmDeath } from './pod-vm-death.ts';
export type { PodVmEvent, PodVmOrder } from './pod-vm-process.ts';
export type { Machine } from './machine.ts';
export { imageRegistry } from './images.ts';
export { createSimulator } from './simulator.ts';
export type { Refusal, RunPodOptions, Simulator, SimulatorConfig } from './simulator-config.ts';
export { podControlAt, servePodControl, type PodControl } from './pod-control.ts';
export type { HttpAnswer, SimulatedPod } from './simulated-pod.ts';
