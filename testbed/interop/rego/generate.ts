/**
 * Makes modules with their input and data from a tape of choices. Most are well-formed, safe and
 * free of recursion, so that the engines have something to disagree about; they terminate, because a
 * rule only uses rules before it.
 */
import { domain, type Scope, term } from './generate-term.ts';
import { Tape } from './tape.ts';

export interface Sample {
  readonly module: string;
  /** JSON texts. */
  readonly input: string;
  readonly data: string;
  /** Names of the rules, to be asked one by one. */
  readonly rules: readonly string[];
}

export function sampleOf(choices: readonly number[]): Sample {
  const tape = new Tape(choices);
  const input = JSON.stringify(document(tape, 2));
  const data = JSON.stringify({ d: document(tape, 2) });
  const functions = tape.several(0, 2, (i) => ({ name: `f${i}`, text: functionText(tape, i) }));
  const rules: { readonly name: string; readonly text: string }[] = [];
  const count = 1 + tape.below(3);
  for (let i = 0; i < count; i += 1) {
    const scope: Scope = {
      vars: [],
      rules: rules.map(({ name }) => name),
      functions: functions.map(({ name }) => name),
      fresh: 0,
    };
    rules.push({ name: `r${i}`, text: ruleText(tape, `r${i}`, scope) });
  }
  const texts = [...functions, ...rules].map(({ text }) => text);
  return {
    module: `package p\n\nimport rego.v1\n\n${texts.join('\n\n')}\n`,
    input,
    data,
    rules: rules.map(({ name }) => name),
  };
}

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json;
}

function document(tape: Tape, depth: number): JsonObject {
  const keys = ['a', 'b', 'c', 'd'];
  return Object.fromEntries(
    keys.slice(0, 1 + tape.below(keys.length)).map((key) => [key, json(tape, depth)]),
  );
}

function json(tape: Tape, depth: number): Json {
  switch (tape.below(depth > 0 ? 9 : 6)) {
    case 0:
      return tape.below(4);
    case 1:
      return tape.pick(['x', 'y', 'ab', '']);
    case 2:
      return tape.below(2) === 1;
    case 3:
      return null;
    case 4:
      return tape.pick([-1, 1.5, 100, 9007199254740991]);
    case 5:
      return tape.pick(['é', '😀', 'a b', 'x-1']);
    case 6:
      return tape.several(0, 3, () => json(tape, depth - 1));
    case 7:
      return document(tape, depth - 1);
    default:
      return tape.several(1, 3, () => document(tape, 0));
  }
}

/** Functions come first and know neither rules nor each other. */
function functionText(tape: Tape, index: number): string {
  const scope = (): Scope => ({ vars: ['v'], rules: [], functions: [], fresh: 0 });
  const clauses = tape.several(1, 2, () => {
    const own = scope();
    const body = bodyText(tape, own, 1);
    return `f${index}(v) := ${term(tape, own, 1)} if {\n${body}\n}`;
  });
  return clauses.join('\n\n');
}

function ruleText(tape: Tape, name: string, scope: Scope): string {
  const bodies = (head: (own: Scope) => string, max: number): string[] =>
    tape.several(1, max, () => {
      const own = { ...scope, vars: [] };
      const body = bodyText(tape, own, 2);
      return `${name}${head(own)} if {\n${body}\n}`;
    });
  switch (tape.below(6)) {
    case 0:
      return bodies((own) => ` := ${term(tape, own, 2)}`, 2).join('\n\n');
    case 1:
      return [
        `default ${name} := ${tape.pick(['false', '0', '"none"', '[]'])}`,
        ...bodies(() => '', 2),
      ].join('\n\n');
    case 2:
      return bodies((own) => ` contains ${term(tape, own, 1)}`, 2).join('\n\n');
    case 3:
      return bodies((own) => `[${term(tape, own, 0)}] := ${term(tape, own, 1)}`, 2).join('\n\n');
    case 4: {
      const own = { ...scope, vars: [] };
      const first = bodyText(tape, own, 1);
      const other = { ...scope, vars: [] };
      const second = bodyText(tape, other, 1);
      return `${name} := ${term(tape, own, 1)} if {\n${first}\n} else := ${term(tape, other, 1)} if {\n${second}\n}`;
    }
    default:
      return `${name} := ${term(tape, scope, 3)}`;
  }
}

/** A body binds variables for the head that follows it in our order of making. */
export function bodyText(tape: Tape, scope: Scope, depth: number): string {
  const before = scope.vars.length;
  const lines = tape.several(1, 3, () => `\t${literal(tape, scope, depth)}`);
  // OPA refuses variables that are declared and not used; now and then that is what we want to see.
  const declared = scope.vars.slice(before);
  if (declared.length > 0 && !tape.chance(16)) lines.push(`\t[${declared.join(', ')}] != null`);
  return lines.join('\n');
}

const fresh = (scope: Scope): string => {
  scope.fresh += 1;
  return `x${scope.fresh}`;
};

/** Terms are made before the variable is added, so that nothing refers to itself. */
function binding(scope: Scope, make: (name: string) => string): string {
  const name = fresh(scope);
  const text = make(name);
  scope.vars.push(name);
  return text;
}

function literal(tape: Tape, scope: Scope, depth: number): string {
  const comparison = (): string => {
    const operator = tape.pick(['==', '!=', '<', '<=', '>', '>=']);
    return `${term(tape, scope, 1)} ${operator} ${term(tape, scope, 1)}`;
  };
  switch (tape.below(13)) {
    case 0:
      return comparison();
    case 1:
      return binding(scope, (name) => `${name} := ${term(tape, scope, depth)}`);
    case 2:
      return binding(scope, (name) => `some ${name} in ${domain(tape, scope, depth)}`);
    case 3: {
      const key = fresh(scope);
      const text = binding(
        scope,
        (name) => `some ${key}, ${name} in ${domain(tape, scope, depth)}`,
      );
      scope.vars.push(key);
      return text;
    }
    case 4:
      return `print(${tape.several(1, 2, () => term(tape, scope, 1)).join(', ')})`;
    case 5:
      return `not ${comparison()}`;
    case 6:
      return term(tape, scope, depth);
    case 7:
      return `${term(tape, scope, 0)} in ${domain(tape, scope, depth)}`;
    case 8: {
      const name = fresh(scope);
      const inner = { ...scope, vars: [...scope.vars, name], fresh: scope.fresh + 10 };
      const use = tape.chance(8) ? '' : `\t[${name}] != null\n`;
      return `every ${name} in ${domain(tape, scope, 1)} {\n${use}${bodyText(tape, inner, 1)}\n\t}`;
    }
    case 9: {
      const target = tape.pick(['input', 'input.a', 'input.b.c', 'data.d', 'data.d.a']);
      return `${comparison()} with ${target} as ${term(tape, scope, 1)}`;
    }
    case 10:
      return binding(
        scope,
        (name) => `[${name}, ${term(tape, scope, 0)}] = ${domain(tape, scope, 1)}`,
      );
    case 11:
      return binding(
        scope,
        (name) => `${tape.pick(['input.a', 'input.b', 'data.d.a', 'data.d'])}[${name}]`,
      );
    default:
      return `not ${term(tape, scope, 1)}`;
  }
}
