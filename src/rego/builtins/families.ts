/**
 * Families of builtins of which an agent with regorus has at least one, one list each. The others stand
 * in `opa/builtins/families.ts`.
 */
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
import { tracing } from './tracing.ts';
import { trims } from './trims.ts';
import { units } from './units.ts';

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
  tracing,
  trims,
  units,
];
