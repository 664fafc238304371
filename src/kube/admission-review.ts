/** The answer to an AdmissionReview. Source: Kubernetes 1.34, staging/src/k8s.io/api/admission/v1/types.go. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: 'JSONPatch';
  readonly patch?: string;
  readonly status: { readonly metadata: object; readonly message?: string; readonly code: number };
}

export interface AdmissionReviewReply {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly response: AdmissionResponse;
}

export const admissionRefusal = (
  uid: string,
  code: number,
  message: string,
): AdmissionResponse => ({
  uid,
  allowed: false,
  status: { metadata: {}, message, code },
});

/** In the version and kind of the review that is answered; v1 when it names none. */
export function admissionReview(
  response: AdmissionResponse,
  { group, version, kind }: { group: string; version: string; kind: string },
): AdmissionReviewReply {
  if (group === '' && version === '' && kind === '') {
    return { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response };
  }
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return { ...(kind !== '' && { kind }), ...(apiVersion !== '' && { apiVersion }), response };
}
