/**
 * AdmissionReview in, AdmissionReview out. Always HTTP 200; what goes wrong stands inside. Review and
 * pod are decoded as the webhook's own decoders do it, YAML included, with their errors.
 * Sources: controller-runtime v0.23.1 pkg/webhook/admission/http.go and decode.go; k8s.io/apimachinery
 * v0.35.2 pkg/runtime/serializer (json, recognizer).
 */
import { parse as parseYaml } from 'yaml';
import { messageOf } from '#base';
import {
  admissionRefusal,
  admissionReview,
  decodePod,
  decodeStruct,
  diffJson,
  GoDecodeError,
  GoJsonError,
  parseGoJson,
  plainJson,
  type AdmissionResponse,
  type AdmissionReviewReply,
  type JsonNode,
} from '#kube';
import { assertPodKind, interpret, type TypeMeta } from './type-meta.ts';
import { DEFAULT_WEBHOOK_SETTINGS, mutatePod, type WebhookSettings } from './mutate-pod.ts';

export const MAX_ADMISSION_BYTES = 7 << 20;

interface AdmissionCall {
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

/** What the webhook decodes of a review; `Raw` is kept as it came. */
const REVIEW_TYPES: Readonly<Record<string, string>> = {
  unversionedAdmissionReview: 'request? *v1.AdmissionRequest',
  'v1.AdmissionRequest': `uid string:types.UID, kind v1.GroupVersionKind,
    resource v1.GroupVersionResource, subResource? string, requestKind? *v1.GroupVersionKind,
    requestResource? *v1.GroupVersionResource, requestSubResource? string, name? string,
    namespace? string, operation string:v1.Operation, userInfo v1.UserInfo, object? Raw,
    oldObject? Raw, dryRun? *bool, options? Raw`,
  'v1.GroupVersionKind': 'group string, version string, kind string',
  'v1.GroupVersionResource': 'group string, version string, resource string',
  'v1.UserInfo':
    'username? string, uid? string, groups? []string, extra? {}(v1.ExtraValue)[]string',
};

const NOTHING_TO_DECODE = 'there is no content to decode';

export function answerAdmission(
  { contentType, body }: AdmissionCall,
  settings: WebhookSettings = DEFAULT_WEBHOOK_SETTINGS,
): AdmissionReviewReply {
  // Where no review was read, the outer object has neither kind nor apiVersion.
  if (body.length === 0) return { response: admissionRefusal('', 400, 'request body is empty') };
  if (body.length > MAX_ADMISSION_BYTES) {
    const message = `request entity is too large; limit is ${MAX_ADMISSION_BYTES} bytes`;
    return { response: admissionRefusal('', 413, message) };
  }
  if (contentType !== 'application/json') {
    const message = `contentType=${contentType ?? ''}, expected application/json`;
    return { response: admissionRefusal('', 400, message) };
  }
  let review: Review;
  try {
    review = readReview(Buffer.from(body).toString('utf8'));
  } catch (error) {
    return { response: admissionRefusal('', 400, messageOf(error)) };
  }
  return admissionReview(respond(review, settings), review.type);
}

interface Review {
  readonly type: TypeMeta;
  readonly uid: string;
  readonly object: JsonNode | undefined;
}

function readReview(text: string): Review {
  const node = readDocument(text);
  const type = interpret(node);
  if (node.kind === 'null') return { type, uid: '', object: undefined };
  const { request } = decodeStruct(node, 'unversionedAdmissionReview', REVIEW_TYPES);
  const uid = (request as { uid?: string } | undefined)?.uid ?? '';
  return { type, uid, object: memberOf(memberOf(node, 'request'), 'object') };
}

function memberOf(node: JsonNode | undefined, name: string): JsonNode | undefined {
  if (node?.kind !== 'object') return undefined;
  return node.members.findLast(([key]) => key === name)?.[1];
}

/** What begins with a brace is JSON; everything else is YAML and made JSON first. */
function readDocument(text: string): JsonNode {
  try {
    if (/^\s*\{/.test(text)) return parseGoJson(text);
    return parseGoJson(JSON.stringify(parseYaml(text, { maxAliasCount: 100 }) ?? null));
  } catch (error) {
    if (!(error instanceof GoJsonError)) throw error;
    throw new GoDecodeError(`couldn't get version/kind; json parse error: ${error.message}`);
  }
}

function respond({ uid, object }: Review, settings: WebhookSettings): AdmissionResponse {
  if (object === undefined || object.kind === 'null') {
    return admissionRefusal(uid, 400, NOTHING_TO_DECODE);
  }
  try {
    assertPodKind(interpret(object));
    const patch = diffJson(plainJson(object), mutatePod(decodePod(object), settings));
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
