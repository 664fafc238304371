/** Requests as a shim makes them, for tests of the whole agent. */
import type { Api, Init } from '#wire';

export const processSpec = (argv: readonly string[], terminal = false): Init<Api.Process> => ({
  Terminal: terminal,
  User: { UID: 0, GID: 0, AdditionalGids: [] },
  Args: argv,
  Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
  Cwd: '/',
  Capabilities: { Bounding: [], Effective: ['CAP_KILL'], Inheritable: [], Permitted: [], Ambient: [] },
});

export function createContainer(
  id: string,
  argv: readonly string[],
  spec: Init<Api.Spec> = {},
  terminal = false,
): Init<Api.CreateContainerRequest> {
  const root = `/run/kata-containers/${id}/rootfs`;
  return {
    container_id: id,
    exec_id: id,
    storages: [
      {
        driver: 'image_guest_pull',
        driver_options: ['image_guest_pull={"metadata":{}}'],
        source: 'busybox',
        fstype: 'overlay',
        mount_point: root,
      },
    ],
    OCI: {
      Version: '1.1.0',
      Process: processSpec(argv, terminal),
      Root: { Path: root, Readonly: false },
      Mounts: [{ destination: '/proc', source: 'proc', type: 'proc', options: [] }],
      Annotations: { 'io.kubernetes.cri.container-type': 'container' },
      Linux: { Namespaces: [{ Type: 'mount', Path: '' }] },
      ...spec,
    },
  };
}
