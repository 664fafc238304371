/**
 * Requests for policies/genpolicy-style.rego in genpolicy's testcases.json form, in an order in
 * which a pod could send them: state is carried from one to the next.
 */
import {
  containerId,
  createContainerRequest,
  type GenpolicyStyle,
  type Json,
  SANDBOX_ID,
  withChange,
} from './corpus.ts';
import { changesOfKeys, changesOfWeb, type Change } from './container-changes.ts';
import { networkCases, podCases, processCases } from './request-cases.ts';

export interface TestCase {
  readonly description: string;
  readonly allowed: boolean;
  readonly kind: string;
  readonly request: Json;
}

/** Adds a case; what is not allowed is denied, never a fault. */
export type Add = (allowed: boolean, description: string, kind: string, request: Json) => void;

export function testCases(policy: GenpolicyStyle): TestCase[] {
  const cases: TestCase[] = [];
  const add: Add = (allowed, description, kind, request) => {
    cases.push({ description, allowed, kind, request });
  };
  sandboxCases(add);
  containerCases(add, policy);
  processCases(add);
  networkCases(add);
  podCases(add);
  removalCases(add, policy);
  add(true, 'the end of the sandbox', 'DestroySandboxRequest', {});
  return cases;
}

function changed(request: Json, { path, change }: Change): Json {
  return withChange(request, path, change);
}

function sandboxCases(add: Add): void {
  const sandbox = sandboxRequest();
  const refused: readonly Change[] = [
    { description: 'a guest hook', path: ['guest_hook_path'], change: () => '/usr/share/hooks' },
    {
      description: 'a kernel module',
      path: ['kernel_modules'],
      change: () => [{ name: 'evil', parameters: [] }],
    },
    { description: 'a shared pid namespace', path: ['sandbox_pidns'], change: () => true },
    {
      description: 'shared memory that may be executed',
      path: ['storages', 0, 'options'],
      change: (old) => (old as readonly Json[]).slice(1),
    },
    {
      description: 'a storage more',
      path: ['storages'],
      change: (old) => [...(old as readonly Json[]), ...(old as readonly Json[])],
    },
  ];
  for (const one of refused) {
    add(
      false,
      `the sandbox with ${one.description}`,
      'CreateSandboxRequest',
      changed(sandbox, one),
    );
  }
  add(true, 'the sandbox', 'CreateSandboxRequest', sandbox);
}

function containerCases(add: Add, policy: GenpolicyStyle): void {
  const create = (allowed: boolean, description: string, request: Json): void => {
    add(allowed, description, 'CreateContainerRequest', request);
  };
  create(true, 'the pause container', createContainerRequest(policy, 0));
  const web = createContainerRequest(policy, 1);
  for (const one of changesOfWeb) {
    create(false, `the web server with ${one.description}`, changed(web, one));
  }
  for (const [index, container] of policy.data.containers.entries()) {
    if (index === 0) continue;
    create(true, `container ${container.name}`, createContainerRequest(policy, index));
    if (index !== 2) continue;
    // Once more, as the shim sends it for a pod with hostNetwork.
    const id = containerId(index);
    add(true, 'its removal', 'RemoveContainerRequest', { container_id: id, timeout: 0 });
    const nameless = withChange(
      createContainerRequest(policy, index),
      ['OCI', 'Hostname'],
      () => '',
    );
    create(true, `container ${container.name} without a host name`, nameless);
  }
  create(
    false,
    'the web server a second time',
    createContainerRequest(policy, 1, { id: containerId(99) }),
  );
  create(
    false,
    'the id of a container that runs, for another one',
    createContainerRequest(policy, 2, { id: containerId(1) }),
  );
  create(
    false,
    'a container for another pod',
    withChange(
      createContainerRequest(policy, 2),
      ['OCI', 'Annotations', 'io.kubernetes.cri.sandbox-name'],
      () => 'shop-7c9f8b6d5-zzzzz',
    ),
  );
}

/** The entry of a removed container is free again, and so is its id. */
function removalCases(add: Add, policy: GenpolicyStyle): void {
  const keys = containerId(4);
  const remove = (description: string, id: string): void => {
    add(true, description, 'RemoveContainerRequest', { container_id: id, timeout: 0 });
  };
  const probe = { container_id: keys, exec_id: keys, signal: 0 };
  add(true, 'a signal to a container about to go', 'SignalProcessRequest', probe);
  remove('removal of a container', keys);
  remove('removal of a container that is gone', keys);
  for (const { description, ...one } of changesOfKeys) {
    const request = createContainerRequest(policy, 4);
    const name = `the removed container again, ${description}`;
    add(true, name, 'CreateContainerRequest', changed(request, { description, ...one }));
    remove(`its removal (${description})`, keys);
  }
  const other = createContainerRequest(policy, 4, { id: containerId(5) });
  add(true, 'the removed container under another id', 'CreateContainerRequest', other);
  add(
    false,
    'the removed container under its old id beside that',
    'CreateContainerRequest',
    createContainerRequest(policy, 4),
  );
  remove('removal of the pause container', SANDBOX_ID);
}

function sandboxRequest(): Json {
  return {
    hostname: 'shop-7c9f8b6d5-x2x4k',
    dns: ['nameserver 10.0.0.10', ''],
    storages: [
      {
        driver: 'ephemeral',
        driver_options: [],
        source: 'shm',
        fstype: 'tmpfs',
        options: ['noexec', 'nosuid', 'nodev', 'mode=1777', 'size=67108864'],
        mount_point: '/run/kata-containers/sandbox/shm',
        fs_group: null,
        shared: false,
      },
    ],
    sandbox_pidns: false,
    sandbox_id: SANDBOX_ID,
    guest_hook_path: '',
    kernel_modules: [],
  };
}
