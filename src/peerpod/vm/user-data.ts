/**
 * User-data: the cloud-config text that carries files into the pod VM. Written by the adaptor, read
 * by process-user-data, which accepts nothing but `write_files`. Source: cloud-api-adaptor v0.22.0
 * src/cloud-providers/util/cloudinit/cloudconfig.go and pkg/userdata/provision.go.
 */
import { parseDocument } from 'yaml';
import { messageOf } from '#base';
import { peerpodErrors } from '../errors.ts';

export interface UserDataFile {
  readonly path: string;
  readonly content: string;
}

/** Azure refuses more. Source: cloud-api-adaptor azure provider. */
const MAX_USER_DATA_BASE64 = 65536;
const MAX_USER_DATA = 4 << 20;

export function encodeUserData(files: readonly UserDataFile[]): string {
  const items = files.map(
    ({ path, content }) => `  - path: ${path}\n    content: |\n${indent(content)}\n`,
  );
  return `#cloud-config\n\nwrite_files:\n${items.join('')}`;
}

/** A literal block keeps every line; its one final newline is the format's own. */
const indent = (content: string): string =>
  content
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => (line === '' ? '' : `      ${line}`))
    .join('\n');

/** Throws Azure's text when the cloud would not take it. */
export function assertUserDataSize(text: string): void {
  if (Math.ceil(Buffer.byteLength(text) / 3) * 4 > MAX_USER_DATA_BASE64) {
    throw peerpodErrors.userDataTooLarge();
  }
}

/** Strict: any other key fails the whole document. */
export function parseUserData(text: string): UserDataFile[] {
  if (text.length > MAX_USER_DATA) throw peerpodErrors.userData('larger than 4 MiB');
  let value: unknown;
  try {
    const document = parseDocument(text, { strict: true, logLevel: 'error' });
    const [problem] = document.errors;
    if (problem) throw problem;
    value = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    throw peerpodErrors.userData(messageOf(error).split('\n')[0] ?? '', error);
  }
  const root = mapping(value, 'the document', ['write_files']);
  const items: unknown = root['write_files'] ?? [];
  if (!Array.isArray(items)) throw peerpodErrors.userData('write_files is not a list');
  return items.map((item: unknown, i) => {
    const file = mapping(item, `write_files[${i}]`, ['path', 'content']);
    const [path, content] = [file['path'] ?? '', file['content'] ?? ''];
    if (typeof path !== 'string' || typeof content !== 'string') {
      throw peerpodErrors.userData(`write_files[${i}]: path and content are texts`);
    }
    return { path, content };
  });
}

function mapping(value: unknown, what: string, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw peerpodErrors.userData(`${what} is not a mapping`);
  }
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw peerpodErrors.userData(`field ${unknown} not found in ${what}`);
  return value as Record<string, unknown>;
}
