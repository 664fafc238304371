/** Right values are those of k8s.io/api v0.35.2 decoded with sigs.k8s.io/json and written out again. */
import { describe, expect, test } from 'vitest';
import { parseGoJson } from './go-json.ts';
import { decodePod } from './typed-object.ts';

const decode = (value: string | object): unknown => {
  try {
    return decodePod(parseGoJson(typeof value === 'string' ? value : JSON.stringify(value)));
  } catch (error) {
    return (error as Error).message;
  }
};
const EMPTY = { metadata: {}, spec: { containers: null }, status: {} };
const spec = (fields: object): object => ({ spec: { containers: [], ...fields } });

test.each([
  { note: 'nothing', pod: {}, result: EMPTY },
  { note: 'null members', pod: { metadata: null, spec: null }, result: EMPTY },
  { note: 'other case and unknown fields', pod: { Spec: {}, bogus: 1 }, result: EMPTY },
  {
    note: 'zero values',
    pod: { metadata: { name: '', labels: {}, creationTimestamp: null } },
    result: EMPTY,
  },
  {
    note: 'a container gets its resources',
    pod: spec({ containers: [{ name: 'a' }, null] }),
    result: {
      ...EMPTY,
      spec: {
        containers: [
          { name: 'a', resources: {} },
          { name: '', resources: {} },
        ],
      },
    },
  },
  {
    note: 'times in UTC, whole seconds',
    pod: { metadata: { creationTimestamp: '2026-12-01T01:00:00.5+02:00' } },
    result: { ...EMPTY, metadata: { creationTimestamp: '2026-11-30T23:00:00Z' } },
  },
  {
    note: 'quantities in canonical form',
    pod: spec({ overhead: { a: '1000m', b: '1024Ki', c: 0.5, d: '+2', e: null, f: '1e19' } }),
    result: {
      ...EMPTY,
      spec: {
        overhead: { a: '1', b: '1Mi', c: '500m', d: '+2', e: '0', f: '10e18' },
        containers: [],
      },
    },
  },
])('$note', ({ pod, result }) => {
  expect(decode(pod)).toEqual(result);
});

const QUANTITY =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
describe('what does not decode, with the text of Go', () => {
  test.each([
    {
      pod: spec({ containers: [{ image: 3 }] }),
      error:
        'json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string',
    },
    {
      pod: spec({ restartPolicy: true }),
      error:
        'json: cannot unmarshal bool into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy',
    },
    {
      pod: '{"spec":{"priority":1.0}}',
      error:
        'json: cannot unmarshal number 1.0 into Go struct field PodSpec.spec.priority of type int32',
    },
    {
      pod: spec({ containers: {} }),
      error:
        'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container',
    },
    {
      pod: { metadata: { labels: { a: 1 } } },
      error:
        'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    },
    {
      pod: spec({ containers: [{ livenessProbe: { httpGet: { port: 1.5 } } }] }),
      error:
        'json: cannot unmarshal number 1.5 into Go struct field HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32',
    },
    {
      pod: { metadata: { creationTimestamp: 'now' } },
      error: 'parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006"',
    },
    {
      pod: { metadata: { creationTimestamp: '2026-13-01T00:00:00Z' } },
      error: 'parsing time "2026-13-01T00:00:00Z": month out of range',
    },
    { pod: spec({ overhead: { a: '1 Gi' } }), error: QUANTITY },
    { pod: spec({ overhead: { a: true } }), error: QUANTITY },
    { pod: spec({ overhead: { a: '1kk' } }), error: "unable to parse quantity's suffix" },
    {
      note: 'a quantity ends the decoding, an earlier type error does not',
      pod: { metadata: { name: 5 }, ...spec({ overhead: { a: 'x' } }) },
      error: QUANTITY,
    },
  ])('$error', ({ pod, error }) => {
    expect(decode(pod)).toBe(error);
  });
});
