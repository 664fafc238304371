/**
 * AdmissionReview v1 in, AdmissionReview v1 out. Always HTTP 200; what goes wrong stands inside.
 * Source: controller-runtime pkg/webhook/admission/http.go.
 *
 * Differs on purpose: fields that a real webhook's API version does not know are kept; the real one
 * drops them when it writes the pod out again.
 */
import { messageOf } from '#base';
import {
  type AdmissionResponse,
  type AdmissionReviewReply,
  assertPodShape,
  diffJson,
  admissionRefusal,
  admissionReview,
} from '#kube';
import {
  DEFAULT_WEBHOOK_SETTINGS,
  mutatePod,
  type MutablePod,
  type WebhookSettings,
} from './mutate-pod.ts';

export const MAX_ADMISSION_BYTES = 7 << 20;

export interface AdmissionCall {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

export function answerAdmission(
  { contentType, body }: AdmissionCall,
  settings: WebhookSettings = DEFAULT_WEBHOOK_SETTINGS,
): AdmissionReviewReply {
  // In these cases the outer object has neither kind nor apiVersion.
  if (body.length === 0) return { response: admissionRefusal('', 400, 'request body is empty') };
  if (contentType !== 'application/json') {
    const message = `contentType=${contentType ?? ''}, expected application/json`;
    return { response: admissionRefusal('', 400, message) };
  }
  if (body.length > MAX_ADMISSION_BYTES) {
    const message = `request entity is too large; limit is ${MAX_ADMISSION_BYTES} bytes`;
    return { response: admissionRefusal('', 413, message) };
  }
  let request: Record<string, unknown>;
  try {
    request = requestOf(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch (error) {
    return { response: admissionRefusal('', 400, messageOf(error)) };
  }
  const uid = typeof request['uid'] === 'string' ? request['uid'] : '';
  const pod = request['object'];
  if (typeof pod !== 'object' || pod === null || Array.isArray(pod)) {
    return admissionReview(admissionRefusal(uid, 400, 'there is no content to decode'));
  }
  return admissionReview(mutate(uid, pod, settings));
}

function requestOf(review: unknown): Record<string, unknown> {
  const { kind, request } = (review ?? {}) as { kind?: unknown; request?: unknown };
  if (kind !== 'AdmissionReview') {
    throw new Error(
      `no kind "${typeof kind === 'string' ? kind : ''}" is registered for this webhook`,
    );
  }
  if (typeof request !== 'object' || request === null) throw new Error('review has no request');
  return request as Record<string, unknown>;
}

function mutate(uid: string, raw: object, settings: WebhookSettings): AdmissionResponse {
  try {
    const pod = asWritten(raw);
    const patch = diffJson(raw, mutatePod(pod, settings));
    const allowed = { uid, allowed: true, status: { metadata: {}, code: 200 } };
    if (patch.length === 0) return allowed;
    const encoded = Buffer.from(JSON.stringify(patch)).toString('base64');
    return { ...allowed, patchType: 'JSONPatch', patch: encoded };
  } catch (error) {
    const isPanic = (error as { code?: string }).code === 'PEERPOD_WEBHOOK_PANIC';
    if (isPanic) return admissionRefusal(uid, 500, `panic: ${messageOf(error)} [recovered]`);
    return admissionRefusal(uid, 400, messageOf(error));
  }
}

/** The pod as a typed decoder writes it out again: `null` goes, empty structs come. */
function asWritten(raw: object): MutablePod {
  assertPodShape(raw);
  const { spec, ...pod } = withoutNulls(raw);
  return {
    ...pod,
    ...(spec && {
      spec: {
        ...spec,
        ...(spec.containers && { containers: spec.containers.map(withResources) }),
        ...(spec.initContainers && { initContainers: spec.initContainers.map(withResources) }),
      },
    }),
    status: pod.status ?? {},
  } as MutablePod;
}

type Written = MutablePod & { readonly status?: object };

const withoutNulls = (raw: object): Written =>
  JSON.parse(JSON.stringify(raw), function (this: unknown, _key, value: unknown) {
    return value === null && !Array.isArray(this) ? undefined : value;
  }) as Written;

const withResources = (container: object | null): object => ({ resources: {}, ...container });
