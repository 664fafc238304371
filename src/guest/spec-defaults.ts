/**
 * What the agent fills in where a spec leaves parts out: the defaults of the oci-spec crate.
 * Source: kata-containers 4.1.0 src/libs/protocols/src/trans.rs; oci-spec 0.8 src/runtime.
 */
import { rustString } from '#base';
import { emptyMessage, type Api } from '#wire';
import { anyhow } from './errors.ts';

export interface CompleteSpec extends Api.Spec {
  readonly Process: Api.Process;
  readonly Root: Api.Root;
  readonly Linux: Api.Linux;
}

const DEFAULT_ARGS = ['sh'];
const DEFAULT_ENV = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'TERM=xterm',
];
const DEFAULT_CAPABILITIES = ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'];
const DEFAULT_NAMESPACES = ['pid', 'network', 'ipc', 'uts', 'mount', 'cgroup'];

function defaultProcess(): Api.Process {
  const names = [...DEFAULT_CAPABILITIES];
  return {
    ...emptyMessage('grpc.Process'),
    Args: [...DEFAULT_ARGS],
    Env: [...DEFAULT_ENV],
    Cwd: '/',
    NoNewPrivileges: true,
    Capabilities: {
      Bounding: names,
      Effective: names,
      Inheritable: names,
      Permitted: names,
      Ambient: names,
    },
  };
}

function defaultLinux(): Api.Linux {
  const Namespaces = DEFAULT_NAMESPACES.map((Type) => ({
    ...emptyMessage('grpc.LinuxNamespace'),
    Type,
  }));
  return { ...emptyMessage('grpc.Linux'), Namespaces };
}

/** An empty command is the default one, wherever the process comes from. */
export const completeProcess = (process: Api.Process): Api.Process =>
  process.Args.length > 0 ? process : { ...process, Args: [...DEFAULT_ARGS] };

export function withDefaults(spec: Api.Spec): CompleteSpec {
  return {
    ...spec,
    Process: spec.Process === null ? defaultProcess() : completeProcess(spec.Process),
    // Relative to the agent's working directory, the root.
    Root: spec.Root ?? { Path: 'rootfs', Readonly: true },
    Linux: spec.Linux ?? defaultLinux(),
  };
}

/** Source: kata-containers 4.1.0 src/agent/src/device/mod.rs, update_env_pci. */
export function assertEnvironment(process: Api.Process): void {
  for (const entry of process.Env)
    if (!entry.includes('=')) throw anyhow(`Malformed OCI env entry ${rustString(entry)}`);
}
