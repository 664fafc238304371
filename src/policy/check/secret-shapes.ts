/**
 * What looks like a secret. Known shapes are certain enough to be errors; a name that says `password`,
 * or a long random text, is a warning. Digests, ids and paths are what policies are made of: they are
 * not secrets, and no finding.
 */

export interface SecretShape {
  readonly what: string;
  readonly pattern: RegExp;
  /** Whether a match really is one. */
  readonly accept?: (match: string) => boolean;
}

/** Sources: the providers' own documents on the form of their tokens. */
export const KNOWN_SHAPES: readonly SecretShape[] = [
  { what: 'a private key', pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/g },
  {
    what: 'a JSON web token',
    pattern: /\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,8000}\.[\w-]{10,2000}/g,
    accept: (text) => isJsonObject(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()),
  },
  { what: 'an AWS access key id', pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g },
  { what: 'a GitHub token', pattern: /\bgh[pousr]_[A-Za-z0-9]{36,255}\b/g },
  { what: 'a GitHub token', pattern: /\bgithub_pat_\w{60,120}\b/g },
  { what: 'a GitLab token', pattern: /\bglpat-[\w-]{20,64}/g },
  { what: 'a Slack token', pattern: /\bxox[abeoprs]-[\w-]{10,200}/g },
  { what: 'a Google API key', pattern: /\bAIza[\w-]{35}\b/g },
  { what: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { what: 'a Stripe key', pattern: /\b[rs]k_live_[A-Za-z0-9]{20,200}\b/g },
  { what: 'an Azure storage key', pattern: /\bAccountKey=[A-Za-z0-9+/]{86}==/g },
  {
    what: 'a password in a URL',
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{1,64}:[^\s:/@"']{3,128}@[\w.-]/g,
    accept: (text) => !isPlaceholder(text.replace(/^.*:/, '').replace(/@.$/, '')),
  },
];

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
};

/** Names whose value is a secret: the last word counts, so `passwordFile` and `secretName` are none. */
const SECRET_NAME =
  /(?:^|[_.-]|(?<=[a-z0-9])(?=[A-Z]))(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|encryption[_-]?key|credentials?)$/i;

export const isSecretName = (name: string): boolean =>
  SECRET_NAME.test(name) ||
  /^(?:api|access|secret|private|encryption)Key$|(?:Api|Access|Secret|Private|Encryption)Key$/.test(
    name,
  );

/** Values that stand for a secret, point at one, or say how one looks. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim();
  return (
    text.length < 6 ||
    /^\$[({]|^<.*>$|^\{\{|^%|^sealed\.|^kbs:\/\/|^\/|^\.{1,2}\//.test(text) ||
    /^(?:true|false|null|none|changeme|redacted|ephemeral|x+|\*+|\.+)$/i.test(text) ||
    // A regular expression about the value, not the value.
    /^\^|\$$|\.[*+]|\[[^\]]+\][*+{]|\\[dws]/.test(text)
  );
}

/** Lengths of hex digests and ids: md5, sha1, sha224, sha256, sha384, sha512; uuids without dashes. */
const DIGEST_LENGTHS = new Set([32, 40, 56, 64, 96, 128]);

/**
 * A long text that only a random source makes. Not: hex, uuids, words, paths, base64 of readable text,
 * base64 of a digest.
 */
export function isRandomText(text: string): boolean {
  if (!/^[A-Za-z0-9+/_-]{32,}={0,2}$/.test(text)) return false;
  const bare = text.replace(/=+$/, '');
  if (/^[0-9a-f]+$/i.test(bare)) return !DIGEST_LENGTHS.has(bare.length) && bare.length > 128;
  if (!/[a-z]/.test(bare) || !/[A-Z]/.test(bare) || !/\d/.test(bare)) return false;
  // Words, and words in camel case or with dashes; a random text has hardly any.
  if (/[a-z]{8}|[A-Z]{8}/.test(bare) || /(?:[-_/][a-z]{3,}){2}/.test(bare)) return false;
  if (isReadableBase64(text)) return false;
  return entropy(bare) >= 4.2;
}

/** Base64 whose bytes are text: a path, a command, a name. */
export function isReadableBase64(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length >= 8 && /^[\x20-\x7e\s]+$/.test(bytes.toString('latin1'));
}

/** Bits per character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
