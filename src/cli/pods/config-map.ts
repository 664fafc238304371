/** peer-pods-cm from a file: a ConfigMap manifest, or just the mapping of its data. */
import { parse } from 'yaml';
import { KatasimError, messageOf } from '#base';

export function parseConfigMap(text: string, file: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new KatasimError('CLI_CONFIG_MAP', messageOf(error).split('\n')[0] ?? 'not YAML', {
      location: { file },
      hint: 'Give the ConfigMap peer-pods-cm as YAML.',
    });
  }
  const isMapping = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const kind = isMapping(document) ? document['kind'] : undefined;
  const data = isMapping(document) && kind === 'ConfigMap' ? document['data'] : document;
  if (isMapping(data) && (kind === undefined || kind === 'ConfigMap')) return data;
  throw new KatasimError('CLI_CONFIG_MAP', 'this is no ConfigMap', {
    location: { file },
    hint: 'Write kind: ConfigMap with a data mapping, or the mapping alone.',
  });
}
