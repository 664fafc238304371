/**
 * Plan bundles: a plan.json that `opa build` made, run by the interpreter beside this file, must say
 * what katasim says about the Rego next to it, for each of the example inputs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProfile } from '#rego';
import { canonicalValue } from './canonical.ts';
import { ask } from './engine.ts';
import { type Plan, runPlan } from './plan-interpreter.ts';
import { PlanObject, textOf } from './plan-value.ts';
import { type Case, failed, passed, type Verdict } from './suite.ts';

export function planCases(bundles: string): Case[] {
  const examples = join(bundles, '..', '..', '..', 'tools', 'examples');
  const inputs = readdirSync(examples)
    .filter((name) => /^input.*\.json$/.test(name))
    .map((name) => ({ name, text: readFileSync(join(examples, name), 'utf8') }));
  return readdirSync(bundles)
    .sort()
    .flatMap((bundle) => {
      const folder = join(bundles, bundle);
      const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as Plan;
      return plan.plans.plans.flatMap(({ name }) =>
        [undefined, ...inputs].map((input): Case => ({
          folder: `tests/opa/bundles/${bundle}`,
          note: `${bundle}: ${name} with ${input?.name ?? 'no input'}`,
          run: () => comparePlan(folder, plan, name, input?.text),
        })),
      );
    });
}

function comparePlan(folder: string, plan: Plan, name: string, input: string | undefined): Verdict {
  const data = readFileSync(join(folder, 'data.json'), 'utf8');
  const parsedInput: unknown = input === undefined ? undefined : JSON.parse(input);
  const planned = runPlan(plan, name, parsedInput, JSON.parse(data)).map((result) =>
    result instanceof PlanObject ? result.get('result') : undefined,
  );
  const profile = findProfile('opa');
  if (profile === undefined) throw new Error('the engine has lost its opa profile');
  const answer = ask({
    profile,
    modules: readdirSync(folder)
      .filter((file) => file.endsWith('.rego'))
      .map((file) => ({ name: file, text: readFileSync(join(folder, file), 'utf8') })),
    query: `data.${name.replaceAll('/', '.')}`,
    data,
    ...(input !== undefined && { input }),
  });
  if (answer.kind === 'failed') return failed(`unexpected error (${answer.phase}): ${answer.text}`);
  const want = planned
    .map((value) => (value === undefined ? 'undefined' : textOf(value)))
    .join(' ');
  const got = answer.rows
    .flatMap(({ expressions }) => expressions.map((value) => canonicalValue(value, 'set')))
    .join(' ');
  return want === got ? passed : failed(`want ${want}\ngot  ${got}`);
}
