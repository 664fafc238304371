/**
 * The shape of a command and the parsing of its arguments. A command is data plus one `run`;
 * `commands.ts` lists them. Values come from flag over environment over config file over default.
 */
import { parseArgs } from 'node:util';
import { type Logger, nearest } from '#base';
import { cliErrors } from './errors.ts';
import type { Output } from './output.ts';
import type { LogLevel } from './log.ts';

export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
  readonly default?: string | boolean;
  /** How the value is called in the help: `--policy FILE`. */
  readonly value?: string;
  /** The values accepted, when they are few. */
  readonly choices?: readonly string[];
  readonly summary: string;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** What a command gets: typed option values, operands, and the edges of the process. */
export interface CommandContext {
  readonly options: OptionValues;
  readonly operands: readonly string[];
  /** What stood behind `--`, or undefined when there was no `--`. */
  readonly rest: readonly string[] | undefined;
  readonly output: Output;
  readonly logger: Logger;
  readonly logLevel: LogLevel;
  /** Aborted by SIGINT or SIGTERM: the command then ends within a second. */
  readonly signal: AbortSignal;
  readonly stdin: NodeJS.ReadStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `policies/` and `proto/` are. */
  readonly packageRoot: string;
}

/** What a command is beside its name and summary, which stand in `commands.ts`. */
export interface Command {
  /** Everything behind `katasim`, with operands in capitals. */
  readonly usage: string;
  readonly details?: string;
  readonly options: OptionTable;
  readonly examples: readonly string[];
  /** How many operands it takes. */
  readonly operands: { readonly min: number; readonly max: number };
  /** Resolves to the exit code: 0 yes, 1 the answer is no. Throws for everything else. */
  run(context: CommandContext): Promise<number>;
}

export const globalOptions: OptionTable = {
  help: { type: 'boolean', short: 'h', summary: 'show this help' },
  config: { type: 'string', value: 'FILE', summary: 'read option values from a YAML file' },
  'log-level': {
    type: 'string',
    value: 'LEVEL',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    default: 'warn',
    summary: 'how much to log on stderr',
  },
  color: {
    type: 'string',
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    default: 'auto',
    summary: 'colour the output; NO_COLOR is honoured',
  },
};

/** Parsed values with one accessor per type, so that commands need no casts. */
export class OptionValues {
  readonly #values: ReadonlyMap<string, string | boolean | readonly string[]>;

  constructor(values: ReadonlyMap<string, string | boolean | readonly string[]>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values.get(name);
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  /** A whole number from `min` up, or undefined when the option was not given. */
  count(name: string, min = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || !Number.isSafeInteger(value)) {
      throw cliErrors.badNumber(name, text, min);
    }
    return value;
  }
}

interface ParsedArguments {
  readonly values: ReadonlyMap<string, string | boolean | readonly string[]>;
  readonly operands: readonly string[];
  readonly rest: readonly string[] | undefined;
}

/** Splits an argument vector by an option table. Throws with the nearest name for an unknown one. */
export function parseArguments(argv: readonly string[], table: OptionTable): ParsedArguments {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  const { tokens } = parseArgs({
    args: [...own],
    options: Object.fromEntries(
      Object.entries(table).map(([name, spec]) => [
        name,
        { type: spec.type, ...(spec.short !== undefined && { short: spec.short }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string | boolean | readonly string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (spec === undefined) {
      throw cliErrors.unknownOption(token.rawName, nearest(token.name, Object.keys(table)));
    }
    if (spec.type === 'boolean') {
      if (token.value !== undefined) throw cliErrors.noValueExpected(token.rawName);
      values.set(token.name, true);
      continue;
    }
    if (token.value === undefined) throw cliErrors.valueMissing(token.rawName, spec.value);
    assertChoice(token.name, token.value, spec);
    values.set(
      token.name,
      spec.multiple === true
        ? [...((values.get(token.name) as readonly string[] | undefined) ?? []), token.value]
        : token.value,
    );
  }
  return { values, operands, rest: end < 0 ? undefined : argv.slice(end + 1) };
}

export function assertChoice(name: string, value: string, spec: OptionSpec): void {
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    throw cliErrors.badChoice(name, value, spec.choices);
  }
}
