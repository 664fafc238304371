import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FindingText } from './finding.ts';
import { findSecrets } from './secrets.ts';

function secretsIn(text: string): readonly string[] {
  const found: string[] = [];
  findSecrets({
    source: { name: 'p.rego', text },
    report: (_id, { start, end }, { severity = 'warning' }: FindingText) =>
      found.push(`${severity}: ${text.slice(start, end)}`),
  });
  return found;
}

const sha = (algorithm: string, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update('x').digest(encoding);
// Put together here, so that no scanner of this repository takes them for real.
const aws = `AKIAABCDEFGHIJKLMNOP`;
const github = `ghp_${'a1B2'.repeat(9)}`;
const pem = `-----BEGIN EC PRIVATE KEY-----`;
const b64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = `${b64url({ alg: 'RS256', typ: 'JWT' })}.${b64url({ sub: 'someone', iat: 1 })}.c2lnbmF0dXJlLW9mLWl0`;
const random = 'q7Zt2LxV9mKc4RwB1nYh8PsD3fGj6TuE5aXo0Qi';

describe('is a secret', () => {
  test.each([
    ['a private key', `x := \`${pem}\``, `error: ${pem}`],
    ['a key of AWS in a comment', `# ${aws}`, `error: ${aws}`],
    ['a GitHub token', `x := "${github}"`, `error: ${github}`],
    ['a JSON web token', `x := "${jwt}"`, `error: ${jwt}`],
    ['a password in a URL', `x := "https://me:hunter22@db/"`, 'error: https://me:hunter22@d'],
    ['an environment variable', `"DB_PASSWORD=hunter22" in env`, 'warning: DB_PASSWORD=hunter22'],
    ['a key of an object', `x := {"clientSecret": "hunter22"}`, 'warning: hunter22'],
    ['a rule', `api_key := "hunter22"`, 'warning: hunter22'],
    ['a comparison', `input.token == "hunter22"`, 'warning: hunter22'],
    ['a long random text', `x := "${random}"`, `warning: ${random}`],
    [
      'a key inside base64',
      `x := "${Buffer.from(`key = ${aws}`).toString('base64')}"`,
      `error: ${Buffer.from(`key = ${aws}`).toString('base64')}`,
    ],
  ])('%s', (_note, text, want) => {
    expect(secretsIn(text)).toEqual([want]);
  });
});

describe('is none', () => {
  test.each([
    ['a sha256 in hex', `"${sha('sha256', 'hex')}"`],
    ['a sha512 in hex', `"${sha('sha512', 'hex')}"`],
    ['an image digest', `"registry.example/web@sha256:${sha('sha256', 'hex')}"`],
    ['a dm-verity root hash', `{"root_hash": "${sha('sha256', 'hex')}"}`],
    ['a digest in base64 that says so', `digest := "${sha('sha256', 'base64')}"`],
    ['a uuid', '"05e07bbb-d06c-402d-b9b7-e6386935b200"'],
    ['base64 of a path', '"L3J1bi9rYXRhLWNvbnRhaW5lcnMvc2FuZGJveC9zdG9yYWdlL01ESXZNREk9"'],
    ['a path', '"/run/kata-containers/shared/containers/Abc123/rootfs"'],
    ['a pattern of a variable', '"^DB_PASSWORD=.*$"'],
    ['a sealed secret', '"DB_PASSWORD=sealed.fakejwsheader.ewogICJ2ZXJzaW9uIg.fakesignature"'],
    ['a reference', '"DB_PASSWORD=$(FROM_SECRET)"'],
    ['a file that holds one', '"DB_PASSWORD_FILE=/run/secrets/db"'],
    ['the name of a Secret', '{"secretName": "db-credentials-web"}'],
    ['a placeholder', '{"password": "<your password>"}'],
    ['an encryption key that is made on the spot', '"encryption_key=ephemeral"'],
    ['words in camel case', '"ThisIsTheNameOfSomethingQuiteLongAndWordy1"'],
    ['a capability list', '"CAP_NET_BIND_SERVICE_CAP_SYS_CHROOT_CAP_KILL"'],
  ])('%s', (_note, text) => {
    expect(secretsIn(text)).toEqual([]);
  });

  test('anything in the shipped policies', () => {
    const folder = join(import.meta.dirname, '../../../policies');
    for (const name of ['genpolicy-style.rego', 'allow-all.rego', 'redhat-sample.rego'])
      expect(secretsIn(readFileSync(join(folder, name), 'utf8'))).toEqual([]);
  });
});

test('a text of a megabyte without an end takes no time to speak of', () => {
  expect(secretsIn(`x := "${'a'.repeat(1 << 20)}`)).toEqual([]);
  expect(secretsIn('eyJ'.repeat(1 << 18))).toEqual([]);
  expect(secretsIn('https://a:'.repeat(1 << 17))).toEqual([]);
});
