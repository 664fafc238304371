/** Families of builtins that no agent with regorus has, one list each. Their names: `../../builtins/availability.ts`. */
import type { BuiltinSpec } from '../../builtins/define.ts';
import { certificates } from './certificates.ts';
import { globs } from './globs.ts';
import { graphqls } from './graphql.ts';
import { graphs } from './graph.ts';
import { hashes } from './crypto-hash.ts';
import { jsonPatch } from './json-patch.ts';
import { jsonSchema } from './json-schema.ts';
import { jwts } from './jwt.ts';
import { net } from './net.ts';
import { network } from './aws.ts';
import { reflection } from './reflection.ts';
import { semver } from './semver.ts';
import { templates } from './template.ts';
import { time } from './time.ts';
import { uris } from './uris.ts';
import { uuids } from './uuid.ts';
import { yamls } from './yaml.ts';

export const families: readonly (readonly BuiltinSpec[])[] = [
  certificates,
  globs,
  graphqls,
  graphs,
  hashes,
  jsonPatch,
  jsonSchema,
  jwts,
  net,
  network,
  reflection,
  semver,
  templates,
  time,
  uris,
  uuids,
  yamls,
];
