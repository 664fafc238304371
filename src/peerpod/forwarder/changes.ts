/**
 * What the forwarder's interceptor changes on the way to the agent. Source: cloud-api-adaptor
 * v0.22.0 (cloud-api-adaptor pkg/forwarder/interceptor). Differs on purpose: a CreateContainer
 * without OCI or Linux section crashes the real forwarder; here it is an error of that call alone.
 */
import { messageOf, type Logger } from '#base';
import { Code, RpcStatusError } from '#rpc';
import type { Api } from '#wire';
import { CLOUD_VOLUMES_ANNOTATION, VOLUME_TARGETS_ANNOTATION } from '../proxy/changes.ts';
import type { RequestChanges } from '../relay/redirector.ts';
import type { Sleep } from '../relay/retry.ts';
import {
  bindCloudVolume,
  cloudVolumePath,
  parseCloudVolumes,
  type CloudVolume,
  type VolumeHost,
} from './cloud-volumes.ts';

interface InterceptorOptions {
  /** Path of the pod's network namespace, `/run/netns/podns`. */
  readonly podNamespace: string;
  readonly volumes: VolumeHost | undefined;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Limits of the wait for a volume's mount. */
const MOUNT_WAIT_MS = 3 * 60_000;
const MOUNT_POLL_MAX_MS = 5000;

export function forwarderChanges(options: InterceptorOptions): RequestChanges {
  const { logger: log } = options;
  const mounted: CloudVolume[] = [];
  return {
    async CreateContainer(request, { signal }) {
      log.info({ containerId: request.container_id }, 'CreateContainer');
      const spec = request.OCI;
      if (!spec?.Linux) {
        throw new RpcStatusError(
          Code.INTERNAL,
          'runtime error: invalid memory address or nil pointer dereference',
        );
      }
      // Appended even when one is there already.
      spec.Linux.Namespaces.push({ Type: 'network', Path: options.podNamespace });
      if (options.volumes === undefined) return;
      mounted.push(...(await mountCloudVolumes(spec, options.volumes, signal)));
      await makeBindSources(spec, options.volumes, log);
      await awaitVolumeTargets(spec, options.volumes, options.sleep, signal);
    },
    CreateSandbox(request) {
      // The VM's own resolv.conf is left alone. Upstream issue 98.
      if (request.dns.length > 0)
        log.info({ dns: request.dns }, 'CreateSandbox: dns dropped (#98)');
      request.dns = [];
    },
    async DestroySandbox() {
      const { volumes } = options;
      if (volumes === undefined) return;
      for (const volume of mounted.splice(0).reverse()) {
        try {
          await volumes.unmount(volume, cloudVolumePath(volume));
        } catch (error) {
          log.warn({ err: error, volume: volume.name }, 'unmounting a cloud volume failed');
        }
      }
    },
  };
}

async function mountCloudVolumes(
  spec: Api.Spec,
  host: VolumeHost,
  signal: AbortSignal,
): Promise<CloudVolume[]> {
  const annotation = spec.Annotations[CLOUD_VOLUMES_ANNOTATION];
  if (annotation === undefined || annotation === '') return [];
  const volumes = parseCloudVolumes(annotation);
  for (const volume of volumes) {
    await host.mount(volume, cloudVolumePath(volume), signal);
    bindCloudVolume(spec.Mounts, volume);
  }
  return volumes;
}

async function makeBindSources(spec: Api.Spec, host: VolumeHost, log: Logger): Promise<void> {
  for (const { type, source } of spec.Mounts) {
    if (type !== 'bind' || (await host.exists(source))) continue;
    try {
      await host.makeDirectory(source);
    } catch (error) {
      log.warn({ err: messageOf(error), source }, 'making a bind source failed');
    }
  }
}

async function awaitVolumeTargets(
  spec: Api.Spec,
  host: VolumeHost,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<void> {
  const targets = new Set(
    (spec.Annotations[VOLUME_TARGETS_ANNOTATION] ?? '').split(',').filter((path) => path !== ''),
  );
  for (const { source } of spec.Mounts) {
    if (!targets.has(source)) continue;
    let waited = 0;
    for (
      let poll = 100;
      !(await host.isMountPoint(source));
      poll = Math.min(poll * 2, MOUNT_POLL_MAX_MS)
    ) {
      if (waited >= MOUNT_WAIT_MS) {
        throw new RpcStatusError(
          Code.UNKNOWN,
          `Timeout waiting for device to mount to PATH: ${source}`,
        );
      }
      await sleep(poll, signal);
      waited += poll;
    }
  }
}
