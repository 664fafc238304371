/**
 * Texts that differ from one start of a pod to the next, as anchored patterns: in Rego's two regex
 * dialects (Go's and Rust's) they mean the same, so no classes such as `\d`, which Rust reads as Unicode.
 */

/** A named pattern; the policy gives it as a rule of this name when it is used. */
export interface Pattern {
  readonly name: string;
  /** Without anchors; holds no capturing group. */
  readonly regex: string;
  readonly summary: string;
}

const OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
/** Unicast and not loopback: 1 to 223 without 127. */
const FIRST_OCTET = '(?:22[0-3]|2[01][0-9]|1[013-9][0-9]|12[0-689]|[1-9][0-9]?)';

export const patterns = {
  id: { name: 'hex_id', regex: '[0-9a-f]{64}', summary: 'an id of 64 hex digits' },
  uuid: {
    name: 'uuid',
    regex: '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
    summary: 'a UUID',
  },
  slicedUuid: {
    name: 'uuid_in_slice',
    regex: '[0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12}',
    summary: 'a UUID as cgroup slices spell it',
  },
  fileTag: {
    name: 'file_tag',
    regex: '[0-9a-f]{16}',
    summary: 'what the runtime puts into names of copied files',
  },
  volumeTime: {
    name: 'volume_time',
    regex: '[0-9]{4}(?:_[0-9]{2}){5}\\.[0-9]{1,10}',
    summary: 'the folder of a volume’s present content',
  },
  ipv4: {
    name: 'ipv4',
    regex: `${FIRST_OCTET}(?:\\.${OCTET}){3}`,
    summary: 'an IPv4 address, unicast and not loopback',
  },
  ipv6: {
    name: 'ipv6',
    regex: '[2-9a-f][0-9a-f]{0,3}:[0-9a-f:]{1,35}',
    summary: 'an IPv6 address, not loopback',
  },
  localMac: {
    name: 'local_mac',
    regex: '[0-9a-f][26ae](?::[0-9a-f]{2}){5}',
    summary: 'a locally administered hardware address',
  },
  mac: {
    name: 'mac',
    regex: '[0-9a-f]{2}(?::[0-9a-f]{2}){5}',
    summary: 'a hardware address',
  },
  generatedName: {
    name: 'generated',
    regex: '[bcdfghjklmnpqrstvwxz2456789]{5}',
    summary: 'the suffix Kubernetes gives to generated names',
  },
  templateHash: {
    name: 'template_hash',
    regex: '[bcdfghjklmnpqrstvwxz2456789]{6,10}',
    summary: 'the hash of a Deployment’s pod template',
  },
  anyText: { name: 'any_text', regex: '(?s:.*)', summary: 'any text' },
} as const satisfies Readonly<Record<string, Pattern>>;

const cache = new Map<string, RegExp>();

/** Whether the whole text is one of the pattern. The regexes above mean the same to this engine. */
export function isWhole({ regex }: Pattern, text: string): boolean {
  let compiled = cache.get(regex);
  if (compiled === undefined) {
    // Scoped flags are not in this engine; what they scope is all there is.
    compiled = new RegExp(`^(?:${regex.replace('(?s:.*)', '[\\s\\S]*')})$`);
    cache.set(regex, compiled);
  }
  return compiled.test(text);
}

/** A text as a pattern that matches only itself; escapes what both dialects take as special. */
export const quoteRegex = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
