/** Everything about a start that can be wrong without asking anyone, found before a VM is made. */
import { randomHex, randomUuid, silentLogger, type Logger } from '#base';
import { readAnnotations, type ShimAnnotations } from './annotations.ts';
import { resolveContainer, type ResolveContext } from './environment.ts';
import { shimErrors } from './errors.ts';
import { type Container, kubeErrors, type Pod } from '#kube';
import { containerFiles } from './host-files.ts';
import type { ImageConfig } from './image.ts';
import { argsOf } from './oci-spec.ts';
import { runtimes, type Runtime } from './runtime.ts';
import type { PodPlacement, ShimOptions, StartPodOptions } from './start-pod.ts';

export interface PreparedStart {
  /** Its containers are resolved: values, commands and arguments as they are sent. */
  readonly pod: Pod;
  readonly podUid: string;
  readonly sandboxId: string;
  readonly context: ResolveContext;
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
  const context: ResolveContext = {
    pod,
    podUid,
    podIp: placement.network.ip,
    objects: options.objects ?? new Map(),
  };
  const runtime = runtimes[shim.runtime ?? 'go'];
  const images = new Map<string, ImageConfig>();
  const prepare = (container: Container): Container => {
    const image = shim.images.resolve(container.image);
    if (image === undefined) throw shimErrors.unknownImage(container.image, shim.images.names);
    images.set(container.name, image);
    const resolved = resolveContainer(container, context);
    // A volume that names a missing object is found now, not half way through.
    containerFiles(resolved, placement.network, context);
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
    sandboxId: options.sandboxId ?? randomHex(shim.random, 32),
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

/** The kubelet's check, before the container is created. */
function assertNonRoot(container: Container, image: ImageConfig, context: ResolveContext): void {
  const { pod, podUid } = context;
  const { runAsNonRoot, runAsUser } = { ...pod.securityContext, ...container.securityContext };
  if (runAsNonRoot !== true) return;
  const [user = ''] = image.user.split(':');
  const reason =
    runAsUser === 0
      ? "container's runAsUser breaks non-root policy"
      : runAsUser !== undefined
        ? undefined
        : user === '' || /^0+$/.test(user)
          ? 'container has runAsNonRoot and image will run as root'
          : /^\d+$/.test(user)
            ? undefined
            : `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`;
  if (reason === undefined) return;
  throw shimErrors.runsAsRoot(reason, `${pod.name}_${pod.namespace}(${podUid})`, container.name);
}
