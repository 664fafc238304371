import process from 'node:process';
import { basicSteps, checkSteps, parseScenario, programSteps, runScenario } from '#testbed';
import type { Command } from '../../command.ts';
import { readText } from '../../files.ts';

export const command: Command = {
  usage: 'scenario run FILE...',
  details: [
    'A scenario is a short script and every file it needs, in one text (.txtar). docs/scenarios.md lists the',
    'steps. Exit code 1: a scenario went otherwise than told. One that cannot be read is exit code 2,',
    'and then none of them starts.',
  ].join('\n'),
  options: {},
  examples: ['katasim scenario run testbed/scenarios/exec-refused.txtar'],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ operands, output, signal, environment, stdin, packageRoot }) {
    // The program under test is this very command line.
    const program = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
    const steps = { ...basicSteps, ...programSteps({ program, environment }) };
    // Bad input is told before the first of them starts.
    const scenarios = [];
    for (const file of operands) {
      const scenario = parseScenario(file, await readText(file, stdin));
      checkSteps(scenario, steps);
      scenarios.push(scenario);
    }
    let failed = 0;
    for (const scenario of scenarios) {
      const { file, title } = scenario;
      const variables = { POLICIES: `${packageRoot}/policies` };
      const { ok, report } = await runScenario(scenario, { steps, signal, variables });
      if (!ok) failed++;
      output.line(
        `${ok ? output.style('green', 'ok') : output.style('red', 'FAILED')} ${file}: ${title}`,
      );
      for (const line of report) output.line(line);
    }
    output.line(`${operands.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  },
};
