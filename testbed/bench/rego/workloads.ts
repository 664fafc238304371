/** What is measured: a policy, the query, and requests that are allowed and denied in turn. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createContainerRequest,
  type GenpolicyStyle,
  growPolicy,
  type Json,
  readGenpolicyStyle,
  SANDBOX_ID,
  withChange,
} from './corpus.ts';
import { execRequest } from './request-cases.ts';

export interface Workload {
  readonly name: string;
  readonly policy: string;
  /** `agent_policy/ExecProcessRequest`: package and rule. */
  readonly entrypoint: string;
  readonly inputs: readonly Json[];
  readonly data: Readonly<Record<string, Json>>;
}

export const queryOf = ({ entrypoint }: Workload): string =>
  `data.${entrypoint.replaceAll('/', '.')}`;

const readPolicy = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'policies', name), 'utf8');

const noState = { pstate: {} };

export function defaultOnly(): Workload {
  return {
    name: 'default-only',
    policy: readPolicy('default-only.rego'),
    entrypoint: 'agent_policy/ExecProcessRequest',
    inputs: [execRequest(SANDBOX_ID, ['sh'])],
    data: noState,
  };
}

export function execAllowlist(): Workload {
  const commands = [
    ['/bin/true'],
    ['/usr/bin/uptime'],
    ['/bin/ls', '-al', '/var/log/app'],
    ['/usr/bin/openssl', 'x509', '-in', '/etc/tls/web.crt', '-noout', '-dates'],
    ['sh'],
    ['/usr/bin/curl', '-fsS', 'http://10.0.0.1:8080/healthz'],
  ];
  return {
    name: 'exec-allowlist',
    policy: readPolicy('exec-allowlist.rego'),
    entrypoint: 'agent_policy/ExecProcessRequest',
    inputs: commands.map((args) => execRequest(SANDBOX_ID, args)),
    data: noState,
  };
}

/** Allowed: the second container of the pod. Denied: the same with one variable too many. */
function createContainer(
  name: string,
  policy: GenpolicyStyle,
  extraEnv: number,
  denied: boolean,
): Workload {
  const request = createContainerRequest(policy, 1, { extraEnv });
  const changed = withChange(request, ['OCI', 'Process', 'Env'], (env) => [
    ...(env as readonly Json[]),
    'LD_PRELOAD=/tmp/evil.so',
  ]);
  return {
    name,
    policy: policy.text,
    entrypoint: 'agent_policy/CreateContainerRequest',
    inputs: [denied ? changed : request],
    data: noState,
  };
}

export const genpolicyAllowed = (): Workload =>
  createContainer('genpolicy-style, allowed', readGenpolicyStyle(), 2, false);

export const genpolicyDenied = (): Workload =>
  createContainer('genpolicy-style, denied', readGenpolicyStyle(), 2, true);

export function rbac(): Workload {
  const roles = ['customer', 'employee', 'billing', 'support', 'auditor'];
  const users = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`user${i}`, [roles[i % roles.length] ?? 'customer']]),
  );
  return {
    name: 'rbac',
    policy: readPolicy('rbac.rego'),
    entrypoint: 'app/rbac/allow',
    inputs: [
      { user: 'alice', action: 'read', type: 'finance' },
      { user: 'bob', action: 'read', type: 'dog' },
      { user: 'eve', action: 'update', type: 'finance' },
      { user: 'user7', action: 'read', type: 'dog' },
    ],
    data: {
      user_roles: { ...users, alice: ['admin'], bob: ['employee', 'billing'], eve: ['customer'] },
      role_grants: {
        customer: [
          { action: 'read', type: 'dog' },
          { action: 'read', type: 'cat' },
          { action: 'adopt', type: 'dog' },
          { action: 'adopt', type: 'cat' },
        ],
        employee: [
          { action: 'read', type: 'dog' },
          { action: 'read', type: 'cat' },
          { action: 'update', type: 'dog' },
          { action: 'update', type: 'cat' },
        ],
        billing: [
          { action: 'read', type: 'finance' },
          { action: 'update', type: 'finance' },
        ],
        support: [{ action: 'read', type: 'ticket' }],
        auditor: [{ action: 'read', type: 'finance' }],
      },
    },
  };
}

export const workloads: readonly (() => Workload)[] = [
  defaultOnly,
  execAllowlist,
  genpolicyAllowed,
  genpolicyDenied,
  rbac,
];

/** How cost grows with the number of containers in the policy, and with the size of a request. */
export function growthWorkloads(): Workload[] {
  const policy = readGenpolicyStyle();
  const bySize = [4, 16, 64].map((count) =>
    createContainer(`policy of ${count} containers`, growPolicy(policy, count), 2, true),
  );
  const byInput = [2, 50, 500].map((count) =>
    createContainer(`request with ${count} services`, policy, count, false),
  );
  return [...bySize, ...byInput];
}
