/**
 * What `-d` and `-i` name: Rego modules, JSON and YAML documents, folders of them. As in OPA, a file
 * named on the command line is merged at the root of `data`, a file in a folder goes below the path of
 * its subfolder, and `a.b:FILE` puts either below `data.a.b`.
 */
import { readdir, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { type NumberModel, parseJson, RegoObject, type Value, valueFromJs } from '#rego';
import { cliErrors } from '../../errors.ts';
import { readText } from '../../files.ts';
import { regoCliErrors } from './errors.ts';

interface ModuleText {
  readonly name: string;
  readonly text: string;
}

export interface Documents {
  readonly modules: readonly ModuleText[];
  readonly data: Value;
}

const DATA_EXTENSIONS: Readonly<
  Record<string, (text: string, path: string, numbers: NumberModel) => Value>
> = {
  '.json': readJson,
  '.yaml': readYaml,
  '.yml': readYaml,
};

interface Found {
  readonly path: string;
  /** Where the document goes below `data`. */
  readonly prefix: readonly string[];
  /** Named by the user, not met in a folder. */
  readonly explicit: boolean;
}

interface LoadOptions {
  readonly numbers?: NumberModel;
  /** What is taken from a folder; a file that is named is always read. */
  readonly folders?: 'all' | 'policies';
}

export async function loadDocuments(
  paths: readonly string[],
  stdin: NodeJS.ReadStream,
  { numbers = 'decimal', folders = 'all' }: LoadOptions = {},
): Promise<Documents> {
  const modules: ModuleText[] = [];
  let data: Value = RegoObject.empty;
  for (const given of paths) {
    for (const { path, prefix, explicit } of await find(given)) {
      const extension = extname(path);
      if (extension === '.rego') {
        modules.push({ name: path, text: await readText(path, stdin) });
        continue;
      }
      if (!explicit && folders === 'policies') continue;
      const read = Object.hasOwn(DATA_EXTENSIONS, extension)
        ? DATA_EXTENSIONS[extension]
        : undefined;
      if (read === undefined) {
        if (explicit) throw regoCliErrors.unknownExtension(path);
        continue;
      }
      const value = read(await readText(path, stdin), path, numbers);
      data = mergeAt(data, prefix, value, path);
    }
  }
  return { modules, data };
}

/** One document from a file or standard input: YAML, of which JSON is a part. */
export async function loadDocument(
  path: string,
  stdin: NodeJS.ReadStream,
  numbers: NumberModel,
): Promise<Value> {
  const text = await readText(path, stdin);
  const trimmed = text.trimStart();
  return extname(path) === '.json' || trimmed.startsWith('{') || trimmed.startsWith('[')
    ? readJson(text, path, numbers)
    : readYaml(text, path, numbers);
}

async function find(given: string): Promise<readonly Found[]> {
  const { prefix, path } = splitPrefix(given);
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(path)).isDirectory();
  } catch (error) {
    throw cliErrors.unreadable(path, error);
  }
  if (!isDirectory) return [{ path, prefix, explicit: true }];
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const folders = relative(path, entry.parentPath).split(sep).filter(Boolean);
      return {
        path: join(entry.parentPath, entry.name),
        prefix: [...prefix, ...folders],
        explicit: false,
      };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `a.b:file.json`; a drive letter or a URL is no prefix. */
function splitPrefix(given: string): { prefix: readonly string[]; path: string } {
  const path = given.startsWith('file://') ? given.slice('file://'.length) : given;
  const colon = path.indexOf(':');
  const name = path.slice(0, colon);
  if (colon < 2 || !/^[A-Za-z_][\w.]*$/.test(name)) return { prefix: [], path };
  return { prefix: name.replace(/^data\./, '').split('.'), path: path.slice(colon + 1) };
}

function readJson(text: string, path: string, numbers: NumberModel): Value {
  try {
    return parseJson(text, numbers);
  } catch (error) {
    throw cliErrors.badJson(path, (error as Error).message);
  }
}

function readYaml(text: string, path: string, numbers: NumberModel): Value {
  try {
    return valueFromJs(parseYaml(text, { intAsBigInt: true, logLevel: 'silent' }) ?? null, numbers);
  } catch (error) {
    throw regoCliErrors.badYaml(path, (error as Error).message);
  }
}

function mergeAt(data: Value, prefix: readonly string[], value: Value, path: string): Value {
  const placed = prefix.reduceRight<Value>((inner, key) => RegoObject.of([[key, inner]]), value);
  if (!(placed instanceof RegoObject)) throw regoCliErrors.notAnObject(path);
  return merge(data, placed, path, []);
}

/** Objects are merged; anything else may be said once. */
function merge(a: Value, b: Value, path: string, at: readonly string[]): Value {
  if (!(a instanceof RegoObject && b instanceof RegoObject))
    throw regoCliErrors.mergeConflict(path, at);
  const entries = new Map([...a.entries()]);
  for (const [key, value] of b.entries()) {
    const old = a.get(key);
    entries.set(
      key,
      old === undefined
        ? value
        : merge(old, value, path, [...at, typeof key === 'string' ? key : JSON.stringify(key)]),
    );
  }
  return RegoObject.of(entries);
}
