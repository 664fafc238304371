/**
 * User-data: the cloud-config text that carries files into the pod VM. Written by the adaptor, read
 * by process-user-data, which accepts nothing but `write_files`. Source: cloud-api-adaptor v0.22.0
 * src/cloud-providers/util/cloudinit/cloudconfig.go and pkg/userdata/provision.go.
 */
import type { Node } from 'yaml';
import { peerpodErrors } from '../errors.ts';
import { decodeYaml, YamlError, type GoYaml } from './go-yaml.ts';

export interface UserDataFile {
  readonly path: string;
  readonly content: string;
}

/** Azure refuses more. Source: cloud-api-adaptor azure provider. */
const MAX_USER_DATA_BASE64 = 65536;
/** Upstream has no bound; the same as that of a document. */
const MAX_USER_DATA = 32 << 20;

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

/** `CloudConfig` of process-user-data: strict, any other key fails the whole document. */
export function parseUserData(text: string): UserDataFile[] {
  if (text.length > MAX_USER_DATA) throw peerpodErrors.userData('larger than 32 MiB');
  const files: UserDataFile[] = [];
  try {
    decodeYaml(text, {
      name: 'userdata.CloudConfig',
      fields: {
        write_files: (list, yaml) => {
          // A second value (by a merge key) replaces the first.
          files.length = 0;
          yaml.list(list, '[]userdata.WriteFile', (item) => files.push(readFile(item, yaml)));
        },
      },
    });
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw peerpodErrors.userData(`yaml: ${error.message}`, error);
  }
  return files;
}

function readFile(item: Node, yaml: GoYaml): UserDataFile {
  const file = { path: '', content: '' };
  yaml.struct(item, {
    name: 'userdata.WriteFile',
    fields: {
      path: (node) => (file.path = yaml.string(node) ?? file.path),
      content: (node) => (file.content = yaml.string(node) ?? file.content),
    },
  });
  return file;
}
