/** Door of `guest`: a sandbox with containers and simulated processes. Imports `base` only. */
export type { ContainerInfo, ContainerRef, ContainerStatus, CopyFileRequest, CreateContainerRequest, CreateSandboxRequest, GuestDetails, GuestEvent, ProcessInfo, ProcessRef, Sandbox, VolumeStats } from './sandbox.ts';
export type { Device, Int64, OciMount, OciProcess, OciResources, OciSpec, Storage } from './oci.ts';
export { GuestError, type GuestFailure, type GuestStatus, type LookupVariant } from './errors.ts';
export type { CgroupStats } from './stats.ts';
export type { ArpNeighbor, Interface, IpAddress, Route } from './network.ts';
export type { ByteStream, Dialer, Listener, PeerAddress, PodNetwork } from './pod-network.ts';
export { systemTimers, virtualTime, type Timer, type Timers, type VirtualTime } from './time.ts';
export { openSandbox, type SandboxOptions } from './open-sandbox.ts';
export { ImageCatalogue, type CatalogueImage } from './images/catalogue.ts';
export { canonicalName, parseReference, type ImageReference } from './images/reference.ts';
export type { ImageConfig, ImageRow } from './images/layer.ts';
