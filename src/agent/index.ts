/** Door of `agent`: the daemon behind its gate. */
export { startAgent, type Agent, type AgentOptions } from './start-agent.ts';
export { POLICY_SOURCE_KEY } from './service.ts';
export { copyFileInput } from './copy-file-input.ts';
export type { CallReport } from './gate.ts';
export { toStatusError } from './status.ts';
