import { expect, test } from 'vitest';
import { parseConfigMap } from './config-map.ts';

test.each([
  {
    note: 'a number',
    text: 'kind: ConfigMap\ndata:\n  VXLAN_PORT: 9000\n',
    message: 'VXLAN_PORT is a number, not a text',
    location: { file: 'cm.yaml', line: 3 },
  },
  {
    note: 'nothing',
    text: 'PROXY_TIMEOUT:\n',
    message: 'PROXY_TIMEOUT is empty, not a text',
    location: { file: 'cm.yaml', line: 1 },
  },
  {
    note: 'what is no YAML',
    text: 'kind: ConfigMap\ndata: [\n',
    message: expect.stringMatching(/[^:]$/) as string,
    location: { file: 'cm.yaml', line: 3, column: 1 },
  },
])('$note is refused with its place', ({ text, message, location }) => {
  let found: unknown;
  try {
    parseConfigMap(text, 'cm.yaml');
  } catch (error) {
    found = error;
  }
  expect(found).toMatchObject({ code: 'CLI_CONFIG_MAP', message, location });
});
