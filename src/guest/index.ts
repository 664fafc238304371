/** Door of `guest`: a sandbox with containers and simulated processes. */
export type { Sandbox } from './sandbox.ts';
export { chainText, GuestError, type GuestFailure } from './errors.ts';
export { systemTimers, virtualTime, type Timer, type Timers } from './time.ts';
export { openSandbox } from './open-sandbox.ts';
export { ImageCatalogue, type CatalogueImage } from './images/catalogue.ts';
