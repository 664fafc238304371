/** The manifests of the demo, as a user would write them. */
import { encodeInitdata, INITDATA_ANNOTATION } from '#initdata';
import { parseManifest, type Pod } from '#kube';
import { POLICY_ANNOTATION } from '#shim';

/** The document behind the global INITDATA: the attestation agent needs its file, empty or not. */
export function initdataToml(policy: string, algorithm: string): string {
  return [
    `algorithm = "${algorithm}"`,
    'version = "0.1.0"',
    '',
    '[data]',
    `"aa.toml" = '''`,
    `'''`,
    `"policy.rego" = '''`,
    policy.trimEnd(),
    `'''`,
    '',
  ].join('\n');
}

export const globalInitdata = (policy: string): string =>
  encodeInitdata(initdataToml(policy, 'sha256'));

interface PodText {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export function podOf({ name, image, command, annotations = {} }: PodText): Pod {
  // JSON is YAML, and keeps the demo from having to quote.
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations },
    spec: {
      runtimeClassName: 'kata-remote',
      containers: [{ name: 'main', image, ...(command !== undefined && { command }) }],
    },
  });
  const [pod] = parseManifest(text, `${name}.yaml`).pods;
  if (pod === undefined) throw new Error('a manifest without a pod');
  return pod;
}

export const policyAnnotation = (policy: string): Readonly<Record<string, string>> => ({
  [POLICY_ANNOTATION]: Buffer.from(policy).toString('base64'),
});

export const initdataAnnotation = (toml: string): Readonly<Record<string, string>> => ({
  [INITDATA_ANNOTATION]: encodeInitdata(toml),
});
