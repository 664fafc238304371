/**
 * One invocation: finds the command, reads its options, runs it and turns what it throws into a text
 * and an exit code (0 yes, 1 no, 2 usage or unreadable input, 3 internal).
 */
import { nearest, type Logger } from '#base';
import { globalOptions, parseArguments, type Command } from './command.ts';
import { commandRows, type CommandRow } from './commands.ts';
import { resolveOptions } from './config.ts';
import { cliErrors } from './errors.ts';
import { printFailure } from './failure.ts';
import { commandHelp, groupHelp, overview } from './help.ts';
import { interruptedCode } from './interrupted.ts';
import { createLogger, type LogLevel } from './log.ts';
import { Output, type Sink } from './output.ts';
import { packageRoot, packageVersion } from './package.ts';

interface Invocation {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly signal: AbortSignal;
}

export async function runCommandLine(invocation: Invocation): Promise<number> {
  const { argv, environment, stdout, stderr } = invocation;
  let output = new Output({ stdout, stderr, color: 'auto', noColor: hasNoColor(environment) });
  let logger: Logger | undefined;
  try {
    if (argv[0] === 'help' && argv.length > 1) {
      // `help CMD` is `CMD --help`.
      return await runCommandLine({ ...invocation, argv: [...argv.slice(1), '--help'] });
    }
    if (argv.length === 0 || argv[0] === '--help' || argv[0] === '-h' || argv[0] === 'help') {
      output.line(overview(commandRows, packageVersion()));
      return argv.length === 0 ? 2 : 0;
    }
    if (argv[0] === '--version' || argv[0] === 'version') {
      output.line(`katasim ${packageVersion()}`);
      return 0;
    }
    const found = findCommand(argv);
    if (found.kind === 'group') {
      output.line(groupHelp(found.name, found.rows));
      return found.asked ? 0 : 2;
    }
    const { command } = await found.row.load();
    const table = { ...globalOptions, ...command.options };
    const parsed = parseArguments(argv.slice(found.words), table);
    if (parsed.values.get('help') === true) {
      output.line(commandHelp(found.row.summary, command));
      return 0;
    }
    const options = resolveOptions(parsed.values, table, environment);
    assertOperands(command, parsed.operands.length);
    output = new Output({
      stdout,
      stderr,
      color: options.text('color') as 'auto' | 'always' | 'never',
      noColor: hasNoColor(environment),
    });
    const logLevel = options.text('log-level') as LogLevel;
    logger = createLogger(logLevel, stderr, output.colors.stderr);
    return await command.run({
      options,
      operands: parsed.operands,
      rest: parsed.rest,
      output,
      logger,
      logLevel,
      // Read by commands that listen; see main.ts.
      get signal() {
        return invocation.signal;
      },
      stdin: invocation.stdin,
      environment,
      packageRoot: packageRoot(),
    });
  } catch (error) {
    const { signal } = invocation;
    if (signal.aborted && isAbort(error, signal)) return interruptedCode(signal);
    return printFailure(error, output);
  }
}

type Found =
  | { readonly kind: 'command'; readonly row: CommandRow; readonly words: number }
  | {
      readonly kind: 'group';
      readonly name: string;
      readonly rows: readonly CommandRow[];
      readonly asked: boolean;
    };

function findCommand(argv: readonly string[]): Found {
  const [first = '', second = ''] = argv;
  const two = commandRows.find((row) => row.name === `${first} ${second}`);
  if (two !== undefined) return { kind: 'command', row: two, words: 2 };
  const one = commandRows.find((row) => row.name === first);
  if (one !== undefined) return { kind: 'command', row: one, words: 1 };
  const rows = commandRows.filter((row) => row.name.startsWith(`${first} `));
  const names = (rows.length > 0 ? rows : commandRows).map((row) => row.name);
  if (rows.length > 0 && (second === '' || second.startsWith('-'))) {
    return { kind: 'group', name: first, rows, asked: second === '--help' || second === '-h' };
  }
  const given = rows.length > 0 ? `${first} ${second}` : first;
  throw cliErrors.unknownCommand(given, nearest(given, names));
}

function assertOperands(command: Command, given: number): void {
  if (given < command.operands.min || given > command.operands.max) {
    throw cliErrors.operandCount(command.usage, given);
  }
}

function hasNoColor(environment: Readonly<Record<string, string | undefined>>): boolean {
  return (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
}

/** The signal's own reason, or what was made of it on the way up: a cancelled call, a failed dial. */
function isAbort(error: unknown, signal: AbortSignal): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one === signal.reason || one.name === 'AbortError' || one.name === 'TimeoutError')
      return true;
  }
  return false;
}
