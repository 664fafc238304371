/**
 * Policies where people have them: Rego text, the initdata document around it, the value of an
 * annotation, a pod manifest or ConfigMap with one of these inside. Told apart by content.
 */
import { KatasimError, type ErrorLocation } from '#base';
import type { PolicyEngine } from '#gate';
import { decodeInitdataBytes, INITDATA_ANNOTATIONS, parseInitdata } from '#initdata';
import { sourceErrors } from './errors.ts';
import { POLICY_ANNOTATION } from './annotations.ts';

export interface PolicyInFile {
  readonly text: string;
  /** What it is inside of, in words: `initdata`, `the initdata annotation`; undefined for Rego itself. */
  readonly inside: string | undefined;
  /** Where it starts in the user's file. */
  readonly place: ErrorLocation;
  /** Its lines are lines of the file, this many further down. Undefined: it is encoded, or escaped. */
  readonly shift: number | undefined;
  /** The initdata document it is a file of. */
  readonly toml?: string;
  /** A WebAssembly module: there is no text to show or explain. */
  readonly compiled?: CompiledPolicyFile;
}

export interface CompiledPolicyFile {
  readonly engine: PolicyEngine;
  readonly bytes: Uint8Array;
}

/** Every policy in a text. Throws a located error when there is none or a wrapping does not open. */
export async function policiesIn(text: string, file: string): Promise<readonly PolicyInFile[]> {
  switch (kindOfPolicyFile(text)) {
    case 'rego':
      return [{ text, inside: undefined, place: { file }, shift: 0 }];
    case 'initdata':
      return [fromInitdata(text, file)];
    case 'value':
      return [fromValue(text.trim(), { file, line: 1 }, 'the annotation value')];
    case 'manifest':
      return await fromManifests(text, file);
  }
}

type Kind = 'rego' | 'initdata' | 'value' | 'manifest';

/** By the first line that is no comment: all four have `#` comments or none. */
export function kindOfPolicyFile(text: string): Kind {
  const first = /^(?!\s*(?:#|$)).*$/m.exec(text.replace(/^\ufeff/, ''))?.[0].trim() ?? '';
  if (/^package\b/.test(first)) return 'rego';
  // No module starts so: a package comes first.
  if (/^(?:version|algorithm)\s*=|^\[data\]/.test(first)) return 'initdata';
  if (/^(?:---|%YAML|\{|(?:apiVersion|kind|metadata|spec|data|items)\s*:)/.test(first))
    return 'manifest';
  if (/^[A-Za-z0-9+/_-]{40,}={0,2}$/.test(text.replace(/\s+/g, ''))) return 'value';
  return 'rego';
}

function fromInitdata(text: string, file: string): PolicyInFile {
  const document = located(file, () => parseInitdata(text));
  const policy = document.data.get('policy.rego');
  if (policy === undefined) throw sourceErrors.noPolicy(file, 'the initdata has no "policy.rego"');
  const key = lineOf(text, /^\s*(?:"policy\.rego"|'policy\.rego')\s*=/m) ?? 1;
  const rows = text.split('\n');
  const [head = ''] = policy.split('\n');
  // In a literal the lines of the policy are lines of the file; behind escapes only the key is known.
  const isLiteral = rows[key]?.trimEnd() === head.trimEnd();
  return {
    text: policy,
    inside: 'initdata',
    place: { file, line: key },
    shift: isLiteral ? key : undefined,
    toml: text,
  };
}

/** What an annotation holds: base64 of Rego, or base64 of gzip of initdata. */
function fromValue(value: string, place: ErrorLocation, inside: string): PolicyInFile {
  const bytes = Buffer.from(value, 'base64');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const toml = locatedAt(place, () => Buffer.from(decodeInitdataBytes(value)).toString('utf8'));
    const { text } = locatedAt(place, () => fromInitdata(toml, place.file));
    return { text, inside, place, shift: undefined, toml };
  }
  const text = decodeText(bytes);
  if (text === undefined) throw sourceErrors.noPolicyInValue(place);
  return { text, inside, place, shift: undefined };
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Keys of annotations, and of peer-pods-cm, that carry a policy. */
const CARRIERS: ReadonlyMap<string, string> = new Map([
  [POLICY_ANNOTATION, 'the policy annotation'],
  ...INITDATA_ANNOTATIONS.map(({ key }) => [key, 'the initdata annotation'] as const),
  ['INITDATA', 'INITDATA'],
]);

async function fromManifests(text: string, file: string): Promise<readonly PolicyInFile[]> {
  const { isScalar, LineCounter, parseAllDocuments, visit } = await import('yaml');
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, logLevel: 'silent' });
  const found: PolicyInFile[] = [];
  for (const document of documents) {
    const [error] = 'errors' in document ? document.errors : [];
    if (error !== undefined) {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      throw sourceErrors.badYaml(error.message.split('\n')[0] ?? '', { file, line, column: col });
    }
    visit(document, {
      Pair(_key, { key, value }) {
        const name = isScalar(key) ? String(key.value) : '';
        const inside = CARRIERS.get(name);
        if (inside === undefined || !isScalar(value) || typeof value.value !== 'string') return;
        if (value.value.trim() === '') return;
        const { line, col } = lineCounter.linePos(value.range?.[0] ?? 0);
        found.push(fromValue(value.value, { file, line, column: col }, inside));
      },
    });
  }
  if (found.length === 0)
    throw sourceErrors.noPolicy(file, 'no annotation in it carries a policy or initdata');
  return found;
}

function lineOf(text: string, pattern: RegExp): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  return text.slice(0, match.index + match[0].search(/\S/)).split('\n').length;
}

/** Errors of a document inside a file name the document; the user wants the file. */
const located = <T>(file: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KatasimError)) throw error;
    throw sourceErrors.inside(error, { ...error.location, file });
  }
};

const locatedAt = <T>(place: ErrorLocation, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof KatasimError)) throw error;
    throw sourceErrors.inside(error, place);
  }
};
