/** Follows the containers of a running pod to their end and keeps its status up to date. */
import { messageOf } from '#base';
import type { PodSandbox } from '#shim';
import type { PodLife } from './pod-life.ts';

/** Settles when every container has ended; never rejects. */
export async function followContainers(
  { containers }: Pick<PodSandbox, 'containers'>,
  life: PodLife,
): Promise<void> {
  await Promise.all(
    containers.map(async ({ name, session }) => {
      const end = await session.exitCode.then(
        (exitCode) => ({ exitCode }),
        (error: unknown) => ({ lost: messageOf(error) }),
      );
      life.containerEnded(name, end);
    }),
  );
}
