/** Everything about a start that can be wrong without asking anyone, found before a VM is made. */
import { randomHex, randomUuid, silentLogger, systemClock, type Logger } from '#base';
import { readAnnotations, type ShimAnnotations } from './annotations.ts';
import { resolveContainer } from './environment.ts';
import { shimErrors } from './errors.ts';
import { type Container, effectiveSecurityContext, kubeErrors, type Pod } from '#kube';
import type { ImageConfig } from './image.ts';
import { planMounts } from './mount-plan.ts';
import { argsOf } from './oci-spec.ts';
import { DEFAULT_EMPTY_DIRS, type PlanContext } from './plan-context.ts';
import { runtimes, type Runtime } from './runtime.ts';
import type { PodPlacement, ShimOptions, StartPodOptions } from './start-options.ts';

export interface PreparedStart {
  /** Its containers are resolved: values, commands and arguments as they are sent. */
  readonly pod: Pod;
  readonly podUid: string;
  readonly sandboxId: string;
  readonly context: PlanContext;
  readonly annotations: ShimAnnotations;
  readonly images: ReadonlyMap<string, ImageConfig>;
  readonly placement: PodPlacement;
  readonly runtime: Runtime;
  readonly shim: ShimOptions;
  readonly options: StartPodOptions;
  readonly logger: Logger;
}

export function prepareStart(
  pod: Pod,
  placement: PodPlacement,
  shim: ShimOptions,
  options: StartPodOptions,
): PreparedStart {
  const podUid = pod.uid ?? randomUuid(shim.random);
  const runtime = runtimes[shim.runtime ?? 'go'];
  const sandboxId = options.sandboxId ?? randomHex(shim.random, 32);
  const context: PlanContext = {
    pod,
    podUid,
    podIp: placement.network.ip,
    objects: options.objects ?? new Map(),
    clock: shim.clock ?? systemClock,
    network: placement.network,
    sandboxId,
    runtime,
    emptyDirs: shim.emptyDirs ?? DEFAULT_EMPTY_DIRS,
  };
  assertSandboxUser(pod, sandboxId);
  const images = new Map<string, ImageConfig>();
  const prepare = (container: Container): Container => {
    const image = shim.images.resolve(container.image);
    if (image === undefined) throw shimErrors.unknownImage(container.image, shim.images.names);
    images.set(container.name, image);
    const resolved = resolveContainer(container, context);
    // A volume that names a missing object is found now, not half way through.
    planMounts(resolved, context);
    assertNonRoot(container, image, context);
    assertCommand(resolved, image, pod);
    return resolved;
  };
  return {
    pod: {
      ...pod,
      initContainers: pod.initContainers.map(prepare),
      containers: pod.containers.map(prepare),
    },
    podUid,
    sandboxId,
    context,
    annotations: readAnnotations(pod, {
      enabled: shim.enabledAnnotations,
      initdataKey: shim.initdataAnnotation,
      runtime,
    }),
    images,
    placement,
    runtime,
    shim,
    options,
    logger: shim.logger ?? silentLogger,
  };
}

function assertCommand(container: Container, image: ImageConfig, pod: Pod): void {
  if (argsOf(container, image).length > 0) return;
  throw kubeErrors.invalidPod(
    { file: pod.name },
    `container ${container.name}`,
    'no command specified',
    'The image has neither entrypoint nor command: give the container one.',
  );
}

/** containerd's check, before the sandbox is created. */
function assertSandboxUser({ securityContext }: Pod, sandboxId: string): void {
  const { runAsUser, runAsGroup } = securityContext;
  if (runAsUser === undefined && runAsGroup !== undefined) {
    throw shimErrors.groupWithoutUser(sandboxId, runAsGroup);
  }
}

/** The kubelet's check, before the container is created. */
function assertNonRoot(container: Container, image: ImageConfig, context: PlanContext): void {
  const { pod, podUid } = context;
  const security = effectiveSecurityContext(pod.securityContext, container.securityContext);
  if (security.runAsNonRoot !== true) return;
  const [user = ''] = image.user.split(':');
  const checks: readonly (readonly [failed: boolean, reason: string])[] =
    security.runAsUser === undefined
      ? [
          [/^0*$/.test(user), 'container has runAsNonRoot and image will run as root'],
          [
            !/^\d*$/.test(user),
            `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`,
          ],
        ]
      : [[security.runAsUser === 0, "container's runAsUser breaks non-root policy"]];
  const [, reason] = checks.find(([failed]) => failed) ?? [];
  if (reason === undefined) return;
  throw shimErrors.runsAsRoot(reason, `${pod.name}_${pod.namespace}(${podUid})`, container.name);
}
