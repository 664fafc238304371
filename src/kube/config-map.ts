/** peer-pods-cm from a file: a ConfigMap manifest, or just the mapping of its data. */
import { parse, YAMLParseError } from 'yaml';
import { KatasimError, messageOf } from '#base';

export function parseConfigMap(text: string, file: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    const [place] = error instanceof YAMLParseError ? (error.linePos ?? []) : [];
    // The parser ends its first line with the place, which the location says.
    const [first = ''] = messageOf(error).split('\n');
    const message = first.replace(/(?: at line \d+, column \d+)?:?$/, '');
    throw new KatasimError('CLI_CONFIG_MAP', message, {
      location: { file, ...(place !== undefined && { line: place.line, column: place.col }) },
      hint: 'Give the ConfigMap peer-pods-cm as YAML.',
    });
  }
  const isMapping = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const kind = isMapping(document) ? document['kind'] : undefined;
  const data = isMapping(document) && kind === 'ConfigMap' ? document['data'] : document;
  if (isMapping(data) && (kind === undefined || kind === 'ConfigMap')) {
    for (const [key, value] of Object.entries(data)) {
      if (typeof value !== 'string') throw notText(text, file, key, value);
    }
    return data;
  }
  throw new KatasimError('CLI_CONFIG_MAP', 'this is no ConfigMap', {
    location: { file },
    hint: 'Write kind: ConfigMap with a data mapping, or the mapping alone.',
  });
}

function notText(text: string, file: string, key: string, value: unknown): KatasimError {
  const index = text.split('\n').findIndex((row) => row.trimStart().startsWith(`${key}:`));
  const kind = value === null ? 'empty' : `a ${Array.isArray(value) ? 'list' : typeof value}`;
  return new KatasimError('CLI_CONFIG_MAP', `${key} is ${kind}, not a text`, {
    location: { file, ...(index >= 0 && { line: index + 1 }) },
    hint: 'Put the value in quotes: ConfigMap data are strings.',
  });
}
