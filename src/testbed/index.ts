/** Door of `testbed`: executable scenarios. Public as `katasim/testbed`. */
export { basicSteps } from './basic-steps.ts';
export { programSteps, type ProgramOptions } from './program-steps.ts';
export {
  checkSteps,
  runScenario,
  type RunOptions,
  type ScenarioOutcome,
  type ScenarioState,
  type Step,
  type StepResult,
  type StepTable,
} from './runner.ts';
export { parseScenario, type Scenario, type ScenarioLine } from './scenario.ts';
