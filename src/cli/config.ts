/**
 * Option values from flag over environment over config file over default, once, before the command
 * runs. The environment variable of `--log-level` is `KATASIM_LOG_LEVEL`.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { messageOf, nearest } from '#base';
import { assertChoice, OptionValues, type OptionSpec, type OptionTable } from './command.ts';
import { cliErrors } from './errors.ts';

type OptionValue = string | boolean | readonly string[];
type Environment = Readonly<Record<string, string | undefined>>;

export function resolveOptions(
  flags: ReadonlyMap<string, OptionValue>,
  table: OptionTable,
  environment: Environment,
): OptionValues {
  const path = (flags.get('config') as string | undefined) ?? environment['KATASIM_CONFIG'];
  const file = path === undefined ? new Map<string, OptionValue>() : readConfig(path, table);
  const values = new Map<string, OptionValue>();
  for (const [name, spec] of Object.entries(table)) {
    const value =
      flags.get(name) ?? fromEnvironment(name, spec, environment) ?? file.get(name) ?? spec.default;
    if (value !== undefined) values.set(name, value);
  }
  return new OptionValues(values);
}

function fromEnvironment(
  name: string,
  spec: OptionSpec,
  environment: Environment,
): OptionValue | undefined {
  const text = environment[`KATASIM_${name.toUpperCase().replaceAll('-', '_')}`];
  if (text === undefined || text === '') return undefined;
  if (spec.type === 'boolean') return text === '1' || text.toLowerCase() === 'true';
  assertChoice(name, text, spec);
  return spec.multiple === true ? [text] : text;
}

function readConfig(path: string, table: OptionTable): ReadonlyMap<string, OptionValue> {
  let document: unknown;
  try {
    document = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('E')) {
      throw cliErrors.unreadable(path, error);
    }
    throw cliErrors.badConfig(path, messageOf(error).split('\n')[0] ?? 'not YAML');
  }
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    throw cliErrors.badConfig(path, 'the top level is not a mapping');
  }
  const values = new Map<string, OptionValue>();
  for (const [name, value] of Object.entries(document)) {
    const spec = Object.hasOwn(table, name) ? table[name] : undefined;
    // A shared file may hold options of other commands; only a likely slip of the pen is an error.
    if (spec === undefined) {
      const near = nearest(name, Object.keys(table));
      if (near !== undefined)
        throw cliErrors.badConfig(path, `no option ${name}; did you mean ${near}?`);
      continue;
    }
    values.set(name, configValue(path, name, value, spec));
  }
  return values;
}

function configValue(path: string, name: string, value: unknown, spec: OptionSpec): OptionValue {
  if (spec.type === 'boolean') {
    if (typeof value === 'boolean') return value;
    throw cliErrors.badConfig(path, `${name} must be true or false`);
  }
  if (spec.multiple === true && Array.isArray(value)) return value.map(String);
  if (typeof value === 'string' || typeof value === 'number') {
    assertChoice(name, String(value), spec);
    return spec.multiple === true ? [String(value)] : String(value);
  }
  throw cliErrors.badConfig(path, `${name} must be a text`);
}
