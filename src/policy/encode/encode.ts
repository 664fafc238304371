/**
 * A policy as it travels to a guest, and back: base64 of the text in runtime-go's own annotation, or a
 * file of an initdata document, which goes as base64 of gzip. Deterministic: equal bytes give equal text.
 */
import {
  decodeInitdataBytes,
  digestInitdata,
  encodeInitdata,
  initdataAnnotationKey,
  parseInitdata,
  type InitdataAlgorithm,
} from '#initdata';
import { POLICY_ANNOTATION } from '../source/annotations.ts';
import { budgetUse, sizesOf, type BudgetUse, type PolicySizes } from './budgets.ts';
import { wrapPolicy } from './wrap.ts';

/**
 * - `annotation`: the value of runtime-go's policy annotation
 * - `initdata`: the initdata document, as text
 * - `cc-init-data`: the value of the initdata annotation, and of INITDATA
 */
export const ENCODE_FORMS = ['annotation', 'initdata', 'cc-init-data'] as const;
export type EncodeForm = (typeof ENCODE_FORMS)[number];

export interface EncodeOptions {
  readonly form: EncodeForm;
  /** Of the document that is made around a policy. Default sha256, as PCR 8 recipes have it. */
  readonly algorithm?: InitdataAlgorithm;
  /** Release of cloud-api-adaptor whose key is meant; before 0.16.0 it was another one. */
  readonly adaptorVersion?: string;
}

export interface EncodedPolicy {
  readonly form: EncodeForm;
  /** The annotation it belongs under; undefined for a document. */
  readonly key: string | undefined;
  readonly value: string;
  /** Of the document; undefined for the policy annotation, which nothing measures. */
  readonly digest: string | undefined;
  readonly sizes: PolicySizes;
  readonly budgets: readonly BudgetUse[];
  /** The budget that decides for this form. */
  readonly budget: BudgetUse | undefined;
}

/** Which budget decides; a document is not sent as it is. */
const DECIDES: Readonly<Record<EncodeForm, string | undefined>> = {
  annotation: 'policy-annotation',
  initdata: undefined,
  'cc-init-data': 'initdata-annotation',
};

/** `toml` is kept byte for byte when it is what the user gave: the digest is over its bytes. */
export function encodePolicy(
  given: { readonly policy: string } | { readonly toml: string },
  { form, algorithm, adaptorVersion }: EncodeOptions,
): EncodedPolicy {
  const toml = 'toml' in given ? given.toml : wrapPolicy(given.policy, algorithm);
  const document = parseInitdata(toml);
  const policy = 'policy' in given ? given.policy : document.data.get('policy.rego');
  const sizes = sizesOf(policy, toml);
  const budgets = budgetUse(sizes, policy ?? '');
  return {
    form,
    ...encoded(form, policy ?? '', toml, adaptorVersion),
    digest: form === 'annotation' ? undefined : digestInitdata(document),
    sizes,
    budgets,
    budget: budgets.find(({ id }) => id === DECIDES[form]),
  };
}

function encoded(
  form: EncodeForm,
  policy: string,
  toml: string,
  adaptorVersion: string | undefined,
): Pick<EncodedPolicy, 'key' | 'value'> {
  switch (form) {
    case 'annotation':
      return { key: POLICY_ANNOTATION, value: Buffer.from(policy).toString('base64') };
    case 'initdata':
      return { key: undefined, value: toml };
    case 'cc-init-data':
      return { key: initdataAnnotationKey(adaptorVersion), value: encodeInitdata(toml) };
  }
}

/** The initdata document behind an annotation value, as text. */
export const decodeInitdataText = (value: string): string =>
  Buffer.from(decodeInitdataBytes(value)).toString('utf8');

/** `metadata.annotations` as a patch of a pod that has annotations already. */
export const annotationPatch = (key: string, value: string): readonly object[] => [
  {
    op: 'add',
    path: `/metadata/annotations/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    value,
  },
];
