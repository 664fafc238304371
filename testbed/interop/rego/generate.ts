/**
 * Makes modules with their input and data from a tape of choices. Most are well-formed, safe and
 * free of recursion, so that the engines have something to disagree about; they terminate, because a
 * rule only uses rules before it. Some modules carry hazards: constructs that an engine may refuse
 * (a wildcard where a value is needed, a name declared twice). They are few, because one refusal
 * hides all the rest.
 */
import { bodyText } from './generate-body.ts';
import { type RuleText, ruleText } from './generate-rule.ts';
import { type Hazard, HAZARDS, type Scope, term } from './generate-term.ts';
import type { PeerModule } from './peer.ts';
import { Tape } from './tape.ts';

export interface Sample {
  readonly modules: readonly PeerModule[];
  /** JSON texts. */
  readonly input: string;
  readonly data: string;
  /** Names of the rules, to be asked one by one. */
  readonly rules: readonly string[];
}

/** How a module is written: with `if`, as v1 has it, or without, as only v0 reads it. */
export type Style = 'v1' | 'v0';

/** A package beside the generated one, for imports to point at. */
const NEIGHBOUR = `package q

import rego.v1

g(x) := [x]

h(x) := x if x != 1

v := {"a": 1, "b": [1, 2]}

s contains x if {
	some x in ["a", "b"]
}
`;

const IMPORTS = 'import data.d as dd\nimport data.q\nimport data.q.g as qg\nimport input.a as ia\n';

const HEADERS: Readonly<Record<Style, string>> = {
  v1: 'import rego.v1',
  v0: 'import future.keywords.every\nimport future.keywords.in',
};

export function sampleOf(choices: readonly number[], style: Style = 'v1'): Sample {
  const tape = new Tape(choices);
  const input = JSON.stringify(document(tape, 2));
  const data = JSON.stringify({ d: document(tape, 2) });
  const hazards = hazardsOf(tape);
  const withNeighbour = tape.chance(3);
  const base: Scope = {
    vars: [],
    rules: [],
    functions: [],
    fresh: 0,
    hazards,
    aliases: withNeighbour,
    style,
  };
  const functions = tape.several(0, 2, (i) => ({
    name: `f${String(i)}`,
    text: functionText(tape, i, base),
  }));
  const rules: RuleText[] = [];
  const count = 1 + tape.below(3);
  for (let i = 0; i < count; i += 1) {
    const scope: Scope = {
      ...base,
      vars: [],
      rules: rules.map(({ name }) => name),
      functions: functions.map(({ name }) => name),
    };
    rules.push(ruleText(tape, `r${String(i)}`, scope));
  }
  const texts = [...functions, ...rules].map(({ text }) => text);
  const imports = withNeighbour ? `\n${IMPORTS}` : '';
  const text = `package p\n\n${HEADERS[style]}\n${imports}\n${texts.join('\n\n')}\n`;
  const modules = [{ name: 'p.rego', text }];
  if (withNeighbour) modules.push({ name: 'q.rego', text: NEIGHBOUR });
  return { modules, input, data, rules: rules.map(({ name }) => name) };
}

/** None in half of the modules, one kind in most of the others. */
function hazardsOf(tape: Tape): ReadonlySet<Hazard> {
  const one = (): Hazard => tape.pick(HAZARDS);
  switch (tape.below(6)) {
    case 0:
    case 1:
    case 2:
      return new Set();
    case 5:
      return new Set([one(), one()]);
    default:
      return new Set([one()]);
  }
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
function functionText(tape: Tape, index: number, base: Scope): string {
  const name = `f${String(index)}`;
  const clauses = tape.several(1, 2, () => {
    const own: Scope = { ...base, vars: ['v'] };
    const body = bodyText(tape, own, 1);
    const value = tape.chance(4) ? '' : ` := ${term(tape, own, 1)}`;
    const assigned = base.style === 'v1' ? value : value.replace(':=', '=');
    const parameter = tape.pick(['v', 'v', 'v', 'v', '[v, _]', '{"a": v}', '[v, 1]']);
    const keyword = base.style === 'v1' ? 'if ' : '';
    return `${name}(${parameter})${assigned} ${keyword}{\n${body}\n}`;
  });
  if (tape.chance(6)) clauses.unshift(`default ${name}(_) := ${tape.pick(['false', '7', '[]'])}`);
  return clauses.join('\n\n');
}
