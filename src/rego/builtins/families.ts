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
import { time } from './time.ts';
import { tracing } from './tracing.ts';
import { trims } from './trims.ts';
import { units } from './units.ts';
import { graphs } from './graph.ts';
import { globs } from './globs.ts';
import { jsonPatch } from './json-patch.ts';
import { net } from './net.ts';
import { semver } from './semver.ts';
import { uris } from './uris.ts';
import { uuids } from './uuid.ts';
import { yamls } from './yaml.ts';
import { hashes } from './crypto-hash.ts';
import { jwts } from './jwt.ts';
import { network } from './aws.ts';
import { reflection } from './reflection.ts';
import { jsonSchema } from './json-schema.ts';
import { graphqls } from './graphql.ts';
import { certificates } from './certificates.ts';
import { templates } from './template.ts';

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
