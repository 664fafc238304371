/** The answer to an AdmissionReview. Source: Kubernetes 1.34, staging/src/k8s.io/api/admission/v1/types.go. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: 'JSONPatch';
  readonly patch?: string;
  readonly status: { readonly metadata: object; readonly message?: string; readonly code: number };
}

export interface AdmissionReviewReply {
  readonly kind?: 'AdmissionReview';
  readonly apiVersion?: 'admission.k8s.io/v1';
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

export const admissionReview = (response: AdmissionResponse): AdmissionReviewReply => ({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  response,
});
