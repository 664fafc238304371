/** Rules of generated modules: every form of a head, with bodies, without, with defaults and `else`. */
import { bodyText, literal } from './generate-body.ts';
import { type Scope, term } from './generate-term.ts';
import type { Tape } from './tape.ts';

export interface RuleText {
  readonly name: string;
  readonly text: string;
}

/** A head after the name: made after its body, whose variables it may use. */
type Head = (own: Scope) => string;

export function ruleText(tape: Tape, name: string, scope: Scope): RuleText {
  return {
    name,
    text: scope.style === 'v1' ? v1Rule(tape, name, scope) : v0Rule(tape, name, scope),
  };
}

function v1Rule(tape: Tape, name: string, scope: Scope): string {
  const small = (own: Scope): string => term(tape, own, 0);
  const value = (own: Scope): string => term(tape, own, 1);
  const rules = (head: Head): string => definitions(tape, name, scope, head);
  const fixed = (head: string): string => rules(() => head);
  // All definitions of a name have one form; the engines refuse others.
  const one = (
    forms: readonly [string, ...string[]],
    head: (own: Scope, form: string) => string,
  ): string => {
    const form = tape.pick(forms);
    return rules((own) => head(own, form));
  };
  switch (tape.below(20)) {
    case 0:
      return rules((own) => ` := ${term(tape, own, 2)}`);
    case 1:
      return `default ${name} := ${defaultValue(tape)}\n\n${rules(() => '')}`;
    case 2:
      return rules((own) => ` contains ${value(own)}`);
    case 3:
      return rules((own) => `[${small(own)}] := ${value(own)}`);
    case 4:
      return elseRule(tape, name, scope, (own) => ` := ${value(own)}`);
    case 5:
      return rules((own) => `[${small(own)}]`);
    case 6:
      return rules((own) => `.a[${small(own)}]`);
    case 7:
      return rules((own) => `[${small(own)}][${small(own)}]`);
    case 8:
      return rules((own) => `[${small(own)}] = true`);
    case 9:
      return fixed(tape.pick(['["a"]', '.a', '.a["b"]', '[1]']));
    case 10:
      return one(['.a', '["a"]'], (own, start) => `${start}[${small(own)}] := ${value(own)}`);
    case 11:
      return fixed(tape.pick([' contains "a"', ' := "a"', '["a"] := 1', ' = true', ' := 1']));
    case 12:
      return one(['', ' := 1', ' contains 1'], (own, end) => `[${small(own)}].b${end}`);
    case 13:
      return rules((own) => `.a contains ${value(own)}`);
    case 14:
      return elseRule(tape, name, scope, (own) => `[${small(own)}]${tape.pick(['', ' := 1'])}`);
    case 15:
      return rules(
        (own) => `[${tape.pick(['input.a', 'data.d.a', 'input.b'])}[${indexOf(tape, own)}]]`,
      );
    case 16:
      return `${name}${tape.pick([' contains ', '["k"] := ', '.a := '])}${term(tape, scope, 2)}`;
    case 17:
      return `default ${name}["a"] := ${defaultValue(tape)}\n\n${rules((own) => `[${small(own)}] := 1`)}`;
    case 18:
      return `${name} if ${oneLiteral(tape, scope)}`;
    default:
      return `${name} := ${term(tape, scope, 3)}`;
  }
}

/** Heads without `if`: a name in brackets makes a set. */
function v0Rule(tape: Tape, name: string, scope: Scope): string {
  const small = (own: Scope): string => term(tape, own, 0);
  const value = (own: Scope): string => term(tape, own, 1);
  const rules = (head: Head): string => definitions(tape, name, scope, head);
  const fixed = (head: string): string => rules(() => head);
  switch (tape.below(9)) {
    case 0:
      return rules((own) => ` = ${value(own)}`);
    case 1:
      return `default ${name} = ${defaultValue(tape)}\n\n${rules(() => '')}`;
    case 2:
      return rules((own) => `[${small(own)}]`);
    case 3:
      return rules((own) => `[${small(own)}] = ${value(own)}`);
    case 4:
      return elseRule(tape, name, scope, (own) => ` = ${value(own)}`);
    case 5:
      return rules((own) => `.a[${small(own)}]`);
    case 6:
      return fixed(tape.pick(['["a"]', ' = "a"', '["a"] = 1', ' = true']));
    case 7:
      return rules((own) => `.a[${small(own)}] = ${value(own)}`);
    default:
      return `${name} = ${term(tape, scope, 3)}`;
  }
}

const ifKeyword = ({ style }: Scope): string => (style === 'v1' ? 'if ' : '');

/** One or two definitions of one name. */
function definitions(tape: Tape, name: string, scope: Scope, head: Head): string {
  return tape
    .several(1, 2, () => {
      const own: Scope = { ...scope, vars: [] };
      const body = bodyText(tape, own, 2);
      return `${name}${head(own)} ${ifKeyword(scope)}{\n${body}\n}`;
    })
    .join('\n\n');
}

function elseRule(tape: Tape, name: string, scope: Scope, head: Head): string {
  const first: Scope = { ...scope, vars: [] };
  const body = bodyText(tape, first, 1);
  const other: Scope = { ...scope, vars: [] };
  const second = bodyText(tape, other, 1);
  const assign = scope.style === 'v1' ? ':=' : '=';
  const value = tape.chance(4) ? '' : ` ${assign} ${term(tape, other, 1)}`;
  const keyword = ifKeyword(scope);
  return `${name}${head(first)} ${keyword}{\n${body}\n} else${value} ${keyword}{\n${second}\n}`;
}

const defaultValue = (tape: Tape): string =>
  tape.pick(['false', '0', '"none"', '[]', '[x | x := 1]', '{"a": 1}', '-1', 'set()']);

const oneLiteral = (tape: Tape, scope: Scope): string => literal(tape, { ...scope, vars: [] }, 1);

/** An operand that iterates, or a variable that may be bound. */
function indexOf(tape: Tape, { vars: [first, ...rest] }: Scope): string {
  return first === undefined || tape.chance(2) ? '_' : tape.pick([first, ...rest]);
}
