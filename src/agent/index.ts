/** Door of `agent`: the daemon behind its gate. */
export { startAgent, type Agent } from './start-agent.ts';
