/** All families of builtins, one list each. */
import { aggregates } from './aggregates.ts';
import { arrays, sets } from './arrays.ts';
import { bits } from './bits.ts';
import type { BuiltinSpec } from './define.ts';
import { encoding } from './encoding.ts';
import { jsonPaths } from './json-paths.ts';
import { jsonText } from './json-text.ts';
import { kinds } from './kinds.ts';
import { numbers } from './numbers.ts';
import { objects } from './objects.ts';
import { operators } from './operators.ts';
import { regexes } from './regexes.ts';
import { formatting } from './sprintf.ts';
import { strings } from './strings.ts';
import { time } from '../opa/builtins/time.ts';
import { tracing } from './tracing.ts';
import { trims } from './trims.ts';
import { units } from './units.ts';
import { graphs } from '../opa/builtins/graph.ts';
import { globs } from '../opa/builtins/globs.ts';
import { jsonPatch } from '../opa/builtins/json-patch.ts';
import { net } from '../opa/builtins/net.ts';
import { semver } from '../opa/builtins/semver.ts';
import { uris } from '../opa/builtins/uris.ts';
import { uuids } from '../opa/builtins/uuid.ts';
import { yamls } from '../opa/builtins/yaml.ts';
import { hashes } from '../opa/builtins/crypto-hash.ts';
import { jwts } from '../opa/builtins/jwt.ts';
import { network } from '../opa/builtins/aws.ts';
import { reflection } from '../opa/builtins/reflection.ts';
import { jsonSchema } from '../opa/builtins/json-schema.ts';
import { graphqls } from '../opa/builtins/graphql.ts';
import { certificates } from '../opa/builtins/certificates.ts';
import { templates } from '../opa/builtins/template.ts';

export const families: readonly (readonly BuiltinSpec[])[] = [
  aggregates,
  arrays,
  bits,
  encoding,
  formatting,
  jsonPaths,
  jsonText,
  kinds,
  numbers,
  objects,
  operators,
  regexes,
  sets,
  strings,
  time,
  tracing,
  trims,
  graphs,
  globs,
  jsonPatch,
  net,
  semver,
  uris,
  uuids,
  hashes,
  jwts,
  network,
  reflection,
  jsonSchema,
  graphqls,
  certificates,
  templates,
  units,
  yamls,
];
