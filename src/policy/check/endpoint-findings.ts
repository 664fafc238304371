/** Endpoints that are missing, mistyped, stale, never true, and what that means for a pod. */
import { DEFAULT_BUDGET, type EndpointFinding, type StrayRule } from '#gate';
import type { CheckContext } from './finding.ts';
import { consequenceOf, NEEDED_TO_START } from './consequences.ts';

export function findEndpoints(context: CheckContext): void {
  const { kata, module } = context;
  const { endpoints, stray, otherPackage } = context.endpoints;
  // Then every endpoint is missing, and the advice on the package says the one reason.
  if (otherPackage !== undefined) return;
  for (const rule of stray) fromStray(rule, context);
  // Then nothing is refused, whatever the rules say.
  if (isFailOpen(context)) return;
  const statuses = new Map(endpoints.map((endpoint) => [endpoint.endpoint, endpoint]));
  const told = fromVerbs(statuses, context);
  for (const endpoint of endpoints) {
    if (endpoint.methods.every((method) => kata.missingMethods.includes(method))) continue;
    if (!told.has(endpoint.endpoint)) fromEndpoint(endpoint, context);
  }
  const setPolicy = statuses.get('SetPolicyRequest');
  if (setPolicy?.status === 'always') {
    context.report('policy-replaceable', setPolicy.span ?? module.package.span, {
      endpoint: 'SetPolicyRequest',
      message:
        'SetPolicyRequest is always allowed: anyone who can reach the agent can replace this policy',
      hint: 'Right for the default policy of an image that takes policies by annotation. In initdata, write default SetPolicyRequest := false.',
    });
  }
}

function fromEndpoint(
  { endpoint, status, hasDefault, span }: EndpointFinding,
  { report, kata, module }: CheckContext,
): void {
  const isNeeded = NEEDED_TO_START.has(endpoint);
  const consequence = consequenceOf(endpoint, kata);
  const meaning = consequence === undefined ? '' : `: ${consequence}`;
  if (status === 'missing') {
    report('endpoint-missing', module.package.span, {
      endpoint,
      severity: isNeeded ? 'error' : 'warning',
      message: `${endpoint} has no rule, so the call fails with INTERNAL and not with a denial${meaning}`,
      hint: `Write default ${endpoint} := false, or true.`,
    });
    return;
  }
  const place = span ?? module.package.span;
  if (status === 'never') {
    report('endpoint-never-allowed', place, {
      endpoint,
      severity: isNeeded ? 'error' : 'info',
      message: `${endpoint} can never be allowed${meaning}`,
    });
  } else if (status === 'conditional' && !hasDefault) {
    report('endpoint-without-default', place, {
      endpoint,
      message: `${endpoint} has no default: a request that no rule covers fails with INTERNAL, and the reason is lost`,
      hint: `Write default ${endpoint} := false above it.`,
    });
  }
}

function fromStray({ name, kind, suggestion, span }: StrayRule, { report }: CheckContext): void {
  if (kind === 'stale') {
    report('endpoint-stale', span, {
      endpoint: name,
      message: `${name} is stale: no RPC of this release asks for it`,
      hint: 'Remove the rule; it does nothing.',
    });
    return;
  }
  report('endpoint-unknown', span, {
    message: `${name} is not an endpoint: the agent never asks for it`,
    hint:
      suggestion === undefined
        ? 'Endpoints are request messages of the agent, such as ExecProcessRequest.'
        : `Did you mean ${suggestion}?`,
  });
}

/** What opens and then cannot work. The first endpoint starts the verb, the others carry it. */
const CARRIED: readonly {
  readonly start: string;
  readonly needs: string;
  readonly effect: string;
}[] = [
  {
    start: 'ExecProcessRequest',
    needs: 'WriteStreamRequest',
    effect: 'kubectl exec -it opens but takes no input, and kubectl cp into the pod fails',
  },
  {
    start: 'ExecProcessRequest',
    needs: 'ReadStreamRequest',
    effect: 'kubectl exec runs the command and shows none of its output',
  },
  {
    start: 'ExecProcessRequest',
    needs: 'WaitProcessRequest',
    effect: 'kubectl exec starts the command and never learns its exit code',
  },
  {
    start: 'WriteStreamRequest',
    needs: 'CloseStdinRequest',
    effect: 'input is taken and its end is not passed on: `echo x | kubectl exec -i` hangs',
  },
  {
    start: 'CreateContainerRequest',
    needs: 'WaitProcessRequest',
    effect: 'containers start and the shim never learns that they ended',
  },
];

/** Returns the endpoints that it has said enough about. */
function fromVerbs(
  statuses: ReadonlyMap<string, EndpointFinding>,
  { report }: CheckContext,
): ReadonlySet<string> {
  const told = new Set<string>();
  for (const { start, needs, effect } of CARRIED) {
    const opens = statuses.get(start)?.status;
    const needed = statuses.get(needs);
    if (opens !== 'always' && opens !== 'conditional') continue;
    if (needed?.status !== 'never' || needed.span === undefined) continue;
    told.add(needs);
    report('verb-incomplete', needed.span, {
      endpoint: needs,
      // An allow-list may well be made for commands that need neither input nor output: probes.
      severity: opens === 'always' ? 'warning' : 'info',
      message: `${start} may be allowed and ${needs} never is: ${effect}`,
      hint: `Allow ${needs} too, or suppress this if it is meant.`,
    });
  }
  return told;
}

const FLAG = 'AllowRequestsFailingPolicy';

/** The flag is asked for like an endpoint, with an empty input. */
function isFailOpen({ engine, policy, report }: CheckContext): boolean {
  const node = policy.tree.children.get('agent_policy')?.children.get(FLAG);
  const [rule] = [...(node?.rules ?? []), ...(node?.defaults ?? [])];
  if (rule === undefined) return false;
  const answer = engine.evaluate({
    rule: FLAG,
    input: {},
    data: { pstate: {} },
    budget: DEFAULT_BUDGET,
  });
  if (answer.kind !== 'value' || answer.value !== true) return false;
  report('fail-open', rule.source.span, {
    message: `${FLAG} is true: every denied request is let through, with a warning in the agent’s log`,
    hint: 'For trials only. Remove the rule; a policy that is set later cannot take it back.',
  });
  return true;
}
