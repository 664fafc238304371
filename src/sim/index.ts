/** Door of `sim`: everything joined. Public as `katasim/sim`, with what its callers read and catch. */
export { ExecError, PodStartError } from '#shim';
export { parseManifest, type Manifest, type Pod } from '#kube';
export {
  CriLogWriter,
  logText,
  parseCriLogLine,
  type CriLogLine,
  type LogStream,
} from './cri-log.ts';
export { parseAllocatable } from './allocatable.ts';
export { startGuestAgent, type GuestAgentOptions } from './guest-agent.ts';
export { deadUnit, podVmDeath } from './pod-vm-death.ts';
export type { PodVmEvent, PodVmOrder } from './pod-vm-process.ts';
export type { DenialReport, Machine } from './machine.ts';
export { imageRegistry } from './images.ts';
export { startProbes, type ProberOptions } from './probes/prober.ts';
export {
  createSimulator,
  type Refusal,
  type RunPodOptions,
  type Simulator,
  type SimulatorConfig,
} from './simulator.ts';
export { podControlAt, servePodControl, type PodControl } from './pod-control.ts';
export type { HttpAnswer, SimulatedPod } from './simulated-pod.ts';
