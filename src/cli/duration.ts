/** Durations as people type them: `500ms`, `30s`, `5m`, `1h`, or plain seconds. */
import { cliErrors } from './errors.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds. */
export function parseDuration(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const unit = units[match?.[2] ?? 's'];
  if (match === null || unit === undefined) throw cliErrors.badDuration(option, text);
  return Number(match[1]) * unit;
}
