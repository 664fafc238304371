import { expect, test } from 'vitest';
import { INFIX_NAMES, type InfixOperator } from './ast.ts';
import { findBuiltin } from './builtins/registry.ts';
import { parseModule } from './parse/parse-module.ts';
import './with-opa.ts';

const operators = Object.keys(INFIX_NAMES) as InfixOperator[];

test.each(operators)('%s is declared as the operator of its builtin', (infix) => {
  const spec = findBuiltin(INFIX_NAMES[infix]);
  expect(spec?.infix).toBe(infix);
  expect(spec?.args).toHaveLength(2);
});

test.each(
  operators.flatMap((infix) => (['opa', 'regorus'] as const).map((e) => [e, infix] as const)),
)('%s reads a %s b as a call of that builtin', (engine, infix) => {
  const text = `package t\nx if { true; a ${infix} b }`;
  const { module } = parseModule({ name: 'p', text }, { engine });
  const [, literal] = module?.rules[0]?.body ?? [];
  expect(literal).toMatchObject({
    kind: 'expr',
    term: { kind: 'call', name: INFIX_NAMES[infix], infix, at: text.indexOf(` ${infix} `) + 1 },
  });
});
