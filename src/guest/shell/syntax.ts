/**
 * The syntax tree of the shell language. Source: POSIX.1-2017, Shell Command Language, with the few
 * bash and busybox extensions that container commands use.
 */

interface Literal {
  readonly kind: 'literal';
  readonly text: string;
  readonly quoted: boolean;
}
export interface Parameter {
  readonly kind: 'parameter';
  readonly name: string;
  /** `:-`, `#`, `%%`, `/`, `length`, ...; undefined for plain `$name`. */
  readonly operator: string | undefined;
  readonly argument: Word | undefined;
  readonly replacement?: Word | undefined;
  readonly quoted: boolean;
}
interface Substitution {
  readonly kind: 'substitution';
  readonly body: List;
  readonly quoted: boolean;
}
interface Arithmetic {
  readonly kind: 'arithmetic';
  readonly expression: Word;
  readonly quoted: boolean;
}
export type Part = Literal | Parameter | Substitution | Arithmetic;
export type Word = readonly Part[];

export interface Redirect {
  readonly fd: number;
  readonly operator: '<' | '>' | '>>' | '>|' | '<>' | '<&' | '>&' | '<<' | '<<<' | '&>' | '&>>';
  readonly target: Word;
}

export interface Simple {
  readonly kind: 'simple';
  readonly assignments: readonly {
    readonly name: string;
    readonly value: Word;
    readonly append: boolean;
  }[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
  readonly line: number;
  /** As written: bash shows it when the command is killed. */
  readonly text: string;
}
export interface Pipeline {
  readonly kind: 'pipeline';
  readonly negate: boolean;
  readonly commands: readonly Command[];
}
interface AndOr {
  readonly kind: 'and-or';
  readonly operator: '&&' | '||';
  readonly left: Command;
  readonly right: Command;
}
export interface List {
  readonly kind: 'list';
  readonly items: readonly { readonly command: Command; readonly background: boolean }[];
}
interface Compound {
  readonly redirects: readonly Redirect[];
}
export interface If extends Compound {
  readonly kind: 'if';
  readonly branches: readonly { readonly test: List; readonly body: List }[];
  readonly otherwise: List | undefined;
}
export interface Loop extends Compound {
  readonly kind: 'loop';
  readonly until: boolean;
  readonly test: List;
  readonly body: List;
}
/** `for ((first; test; step))` of bash. */
export interface ArithmeticFor extends Compound {
  readonly kind: 'arithmetic-for';
  readonly first: Word;
  readonly test: Word;
  readonly step: Word;
  readonly body: List;
}
export interface For extends Compound {
  readonly kind: 'for';
  readonly name: string;
  /** Undefined iterates over the positional parameters. */
  readonly words: readonly Word[] | undefined;
  readonly body: List;
}
export interface Case extends Compound {
  readonly kind: 'case';
  readonly subject: Word;
  readonly arms: readonly { readonly patterns: readonly Word[]; readonly body: List }[];
}
export interface Group extends Compound {
  readonly kind: 'group' | 'subshell';
  readonly body: List;
}
interface FunctionDefinition {
  readonly kind: 'function';
  readonly name: string;
  readonly body: Command;
}
/** `[[ ... ]]` (words as for `test`, but unsplit) and `(( ... ))`. */
interface Conditional extends Compound {
  readonly kind: 'conditional';
  readonly words: readonly Word[];
}
interface ArithmeticCommand extends Compound {
  readonly kind: 'arithmetic-command';
  readonly expression: Word;
}

export type Command =
  | Simple
  | Pipeline
  | AndOr
  | List
  | If
  | Loop
  | For
  | ArithmeticFor
  | Case
  | Group
  | FunctionDefinition
  | Conditional
  | ArithmeticCommand;

/** `incomplete` means more input could mend it: an interactive shell then asks for another line. */
export class ShellSyntaxError extends Error {
  readonly line: number;
  readonly incomplete: boolean;
  /** The line that holds the error, for bash's second message. */
  readonly source: string | undefined;

  constructor(
    message: string,
    line: number,
    { incomplete = false, source }: { incomplete?: boolean; source?: string } = {},
  ) {
    super(message);
    this.line = line;
    this.incomplete = incomplete;
    this.source = source;
  }
}
