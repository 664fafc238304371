/** Door of `sim`: everything joined. */
export {
  CriLogWriter,
  logText,
  parseCriLogLine,
  type CriLogLine,
  type LogStream,
} from './cri-log.ts';
export { imageRegistry } from './images.ts';
