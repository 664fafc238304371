/** Endpoints as users name them. */
import { KatasimError, nearest } from '#base';
import { endpoints } from '#wire';

/** Evaluated by the agent like an endpoint, although no request asks for it. */
const FAIL_FLAG = 'AllowRequestsFailingPolicy';

export function assertEndpoint(name: string): void {
  const known = [...endpoints.map(({ endpoint }) => endpoint), FAIL_FLAG];
  if (known.includes(name)) return;
  // A method's name is a likely slip: ExecProcess for ExecProcessRequest.
  const found = nearest(name, [...known, ...endpoints.flatMap(({ methods }) => methods)]);
  const method = endpoints.find(({ methods }) => methods.includes(found ?? ''));
  const near = method?.endpoint ?? found;
  throw new KatasimError(
    'POLICY_UNKNOWN_ENDPOINT',
    `there is no endpoint ${JSON.stringify(name)}`,
    {
      hint:
        near === undefined
          ? 'Endpoints are request messages, such as ExecProcessRequest.'
          : `Did you mean ${near}?`,
    },
  );
}
