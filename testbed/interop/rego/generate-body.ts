/** Bodies of generated modules: literals of every kind, and the variables they bind. */
import { domain, pattern, type Scope, term } from './generate-term.ts';
import type { Tape } from './tape.ts';

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
  return `x${String(scope.fresh)}`;
};

/** A new name, or where that is wanted one that is bound already. */
function nameFor(tape: Tape, scope: Scope): string {
  const [first, ...rest] = [...scope.vars, ...(scope.style === 'v1' ? scope.rules : [])];
  if (first !== undefined && scope.hazards.has('shadow') && tape.chance(3)) {
    return tape.pick([first, ...rest]);
  }
  return fresh(scope);
}

/** Terms are made before the variable is added, so that nothing refers to itself. */
function binding(tape: Tape, scope: Scope, make: (name: string) => string): string {
  const name = nameFor(tape, scope);
  const text = make(name);
  if (!scope.vars.includes(name)) scope.vars.push(name);
  return text;
}

export function literal(tape: Tape, scope: Scope, depth: number): string {
  const text = plainLiteral(tape, scope, depth);
  return tape.chance(12) ? `${text}${withModifiers(tape, scope)}` : text;
}

function plainLiteral(tape: Tape, scope: Scope, depth: number): string {
  const comparison = (): string => {
    const operator = tape.pick(['==', '!=', '<', '<=', '>', '>=']);
    return `${term(tape, scope, 1)} ${operator} ${term(tape, scope, 1)}`;
  };
  const bind = (make: (name: string) => string): string => binding(tape, scope, make);
  switch (tape.below(20)) {
    case 0:
      return comparison();
    case 1:
      return bind((name) => `${name} := ${term(tape, scope, depth)}`);
    case 2:
      return bind((name) => `some ${name} in ${domain(tape, scope, depth)}`);
    case 3: {
      const key = nameFor(tape, scope);
      const text = bind((name) => `some ${key}, ${name} in ${domain(tape, scope, depth)}`);
      if (!scope.vars.includes(key)) scope.vars.push(key);
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
    case 8:
      return every(tape, scope);
    case 9:
      return `${comparison()}${withModifiers(tape, scope)}`;
    case 10:
      return bind((name) => `[${name}, ${term(tape, scope, 0)}] = ${domain(tape, scope, 1)}`);
    case 11:
      return bind((name) => `${tape.pick(['input.a', 'input.b', 'data.d.a', 'data.d'])}[${name}]`);
    case 12:
      return bind((name) => `some ${pattern(tape, scope, name)} in ${domain(tape, scope, 1)}`);
    case 13:
      return bind((name) => `${pattern(tape, scope, name)} := ${domain(tape, scope, 1)}`);
    case 14:
      return bind((name) => `${pattern(tape, scope, name)} = ${pattern(tape, scope, '1')}`);
    case 15: {
      const of = tape.pick(['input.a', 'input.b', 'data.d.a', 'input']);
      return bind((name) => `some ${name}\n\t${of}[${name}] != ${term(tape, scope, 0)}`);
    }
    case 16: {
      const of = tape.pick(['input', 'input.a', 'data.d']);
      // The agent's build of regorus has no walk.
      return tape.chance(8)
        ? bind((name) => `walk(${of}, [_, ${name}])`)
        : bind((name) => `${of}[${name}][_]`);
    }
    case 17:
      return bind(
        (name) => `${tape.pick(['count', 'abs', 'type_name'])}(${term(tape, scope, 1)}, ${name})`,
      );
    case 18:
      return bind((name) => `${term(tape, scope, 1)} = ${name}`);
    default:
      return `not ${term(tape, scope, 1)}`;
  }
}

function every(tape: Tape, scope: Scope): string {
  const name = nameFor(tape, scope);
  const key = tape.chance(4) ? `${fresh(scope)}, ` : '';
  const inner = { ...scope, vars: [...scope.vars, name], fresh: scope.fresh + 10 };
  const use = tape.chance(8) ? '' : `\t[${name}] != null\n`;
  return `every ${key}${name} in ${domain(tape, scope, 1)} {\n${use}${bodyText(tape, inner, 1)}\n\t}`;
}

/** What `with` may replace: parts of input and data, rules, functions, builtins, imports. */
function withModifiers(tape: Tape, scope: Scope): string {
  const one = (): string => {
    const target = tape.pick([
      'input',
      'input.a',
      'input.b.c',
      'data.d',
      'data.d.a',
      ...scope.rules.map((name) => `data.p.${name}`),
      ...(scope.hazards.has('with') ? ['data.new', 'data.q.v', 'data.p'] : []),
    ]);
    return ` with ${target} as ${term(tape, scope, 1)}`;
  };
  const callable = (): string => {
    const functions = scope.functions.map((name) => tape.pick([name, `data.p.${name}`]));
    const target = tape.pick([
      'count',
      'startswith',
      'data.q.g',
      ...functions,
      ...aliases(tape, scope),
    ]);
    const by = tape.pick(['7', 'data.q.g', 'data.q.h', 'type_name', '[1]', ...functions]);
    return ` with ${target} as ${by}`;
  };
  const make = (): string => (scope.hazards.has('with') && tape.chance(2) ? callable() : one());
  return tape.several(1, 2, make).join('');
}

const aliases = (tape: Tape, scope: Scope): readonly string[] =>
  scope.aliases ? [tape.pick(['q.g', 'q.h', 'qg', 'q.v', 'dd.a', 'ia'])] : [];
