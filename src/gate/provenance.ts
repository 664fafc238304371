/** Where a policy came from. The source decides precedence and is told with every decision. */
import { createHash } from 'node:crypto';

/**
 * - `image-default`: the file in the guest image
 * - `initdata`: policy.rego of the initdata document, global or the pod's own
 * - `annotation`: io.katacontainers.config.agent.policy, which the shim sends by SetPolicy
 * - `set-policy`: any other SetPolicy
 */
export type PolicySource = 'image-default' | 'initdata' | 'annotation' | 'set-policy';

export interface Provenance {
  readonly source: PolicySource;
  /** What messages call it: a path, or `agent_policy` for text that came by a call. */
  readonly module: string;
  /** `sha256:` and hex, over the exact bytes. */
  readonly digest: string;
  readonly kataVersion: string;
  readonly engine: 'rego' | 'wasm' | 'none';
}

export function policyDigest(policy: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(policy).digest('hex')}`;
}
