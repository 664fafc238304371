/** The pod annotation that runtime-go reads a policy from; runtime-rs has no such key. */
export const POLICY_ANNOTATION = 'io.katacontainers.config.agent.policy';
