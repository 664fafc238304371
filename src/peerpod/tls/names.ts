/**
 * The pod VM's instance name, which is also the DNS name in its certificate. Source:
 * cloud-api-adaptor v0.22.0 src/cloud-providers/util/instance.go: `podvm-<pod name>-<first 8 chars
 * of sandbox id>`.
 */

/** A DNS label. */
const MAX_LENGTH = 63;
const PREFIX = 'podvm-';
const ID_LENGTH = 8;

export function instanceName(podName: string, sandboxId: string): string {
  const id = sandboxId.slice(0, ID_LENGTH);
  const room = MAX_LENGTH - PREFIX.length - 1 - id.length;
  return `${PREFIX}${podName.slice(0, room)}-${id}`.toLowerCase().replace(/[^a-z0-9-]/g, '-');
}

/** What the proxy demands when no CA service made the certificate (manual mode). */
export const MANUAL_SERVER_NAME = 'podvm-server';
