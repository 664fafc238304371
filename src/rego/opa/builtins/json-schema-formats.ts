/** `format` in JSON schemas: what each name asks of a string. Unknown names ask nothing. */
import { isIPv4, isIPv6 } from 'node:net';
import { Regex, regexFor } from '../../regex/regex.ts';
import { isUri } from './uris.ts';
import { LayoutError, parseTime } from './time-layout.ts';

const fitsLayout = (text: string, layouts: readonly string[]): boolean =>
  layouts.some((layout) => {
    try {
      parseTime(text, layout);
      return true;
    } catch (error) {
      if (error instanceof LayoutError) return false;
      throw error;
    }
  });

const HOSTNAME =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]{0,61}[a-zA-Z0-9]))*$/;

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  date: (text) => fitsLayout(text, ['2006-01-02']),
  time: (text) => fitsLayout(text, ['15:04:05', '15:04:05Z07:00']),
  'date-time': (text) =>
    fitsLayout(text, ['15:04:05', '15:04:05Z07:00', '2006-01-02', '2006-01-02T15:04:05Z07:00']),
  hostname: (text) => text.length < 256 && HOSTNAME.test(text),
  email: (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text),
  'idn-email': (text) => /^[^\s@<>]+@[^\s@<>]+$/.test(text),
  ipv4: isIPv4,
  ipv6: (text) => isIPv6(text) && text.includes(':'),
  uri: (text) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && !text.includes('\\') && isUri(text),
  'uri-reference': (text) => !text.includes('\\') && isUri(text),
  iri: (text) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && !text.includes('\\') && isUri(text),
  'iri-reference': (text) => !text.includes('\\') && isUri(text),
  'uri-template': (text) => /^(?:[^{]*(?:\{[^}]*\})?)*$/.test(text) && !text.includes('\\'),
  uuid: (text) => /^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$/i.test(text),
  regex: (text) => text === '' || regexFor(text, 'go') instanceof Regex,
  'json-pointer': (text) => /^(?:\/(?:[^~/]|~0|~1)*)*$/.test(text),
  'relative-json-pointer': (text) => /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/.test(text),
};

export const fitsFormat = (format: string, text: string): boolean =>
  !Object.hasOwn(FORMATS, format) || FORMATS[format]?.(text) === true;
