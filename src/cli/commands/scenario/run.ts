import process from 'node:process';
import { basicSteps, parseScenario, programSteps, runScenario } from '#testbed';
import type { Command } from '../../command.ts';
import { readText } from '../../files.ts';

export const command: Command = {
  name: 'scenario run',
  summary: 'run executable scenarios',
  usage: 'scenario run FILE...',
  details: [
    'A scenario is a short script and every file it needs, in one text (.txtar). docs/scenarios.md lists the',
    'steps. Exit code 1: a scenario went otherwise than told.',
  ].join('\n'),
  options: {},
  examples: ['katasim scenario run testbed/scenarios/exec-refused.txtar'],
  operands: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ operands, output, signal, environment, stdin, packageRoot }) {
    // The program under test is this very command line.
    const program = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
    const steps = { ...basicSteps, ...programSteps({ program, environment }) };
    let failed = 0;
    for (const file of operands) {
      const scenario = parseScenario(file, await readText(file, stdin));
      const variables = { POLICIES: `${packageRoot}/policies` };
      const { ok, report } = await runScenario(scenario, { steps, signal, variables });
      if (!ok) failed++;
      output.line(
        `${ok ? output.style('green', 'ok') : output.style('red', 'FAILED')} ${file}: ${scenario.title}`,
      );
      for (const line of report) output.line(line);
    }
    output.line(`${operands.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  },
};
