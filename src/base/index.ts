/** Door of `base`: what every room may use. Imports nothing. */
export {
  KatasimError,
  isSystemError,
  messageOf,
  type ErrorLocation,
  type KatasimErrorOptions,
} from './errors.ts';
export { fileErrors } from './file-errors.ts';
export { closeAll, deferred, runOnce, type Closable, type Deferred } from './life.ts';
export {
  randomHex,
  randomUuid,
  seededRandom,
  steppingClock,
  systemClock,
  systemRandom,
  type Clock,
  type Random,
} from './clock.ts';
export { silentLogger, type LogFields, type Logger } from './logger.ts';
export { corruptBase64At, type Base64Alphabet } from './go-base64.ts';
export { nearest } from './nearest.ts';
export {
  findKataRelease,
  kataReleases,
  NEWEST_KATA_VERSION,
  NEXT_KATA_VERSION,
  type KataEnginePin,
  type KataRelease,
} from './kata-releases.ts';
export { rustString } from './rust-string.ts';
