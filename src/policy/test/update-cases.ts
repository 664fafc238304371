/**
 * `--update`: the verdicts that came, written into the file of cases. Only the texts that differ are
 * replaced, so comments, order and layout stay as they are.
 */
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document } from 'yaml';
import { stringifyJson, type Json } from '#wire';
import type { CorpusFormat } from '../corpus/entry.ts';
import { JsonReader, memberSpans, type JsonPlaces } from '../corpus/json-text.ts';
import type { CaseResult, Unmet } from './run-cases.ts';

export interface UpdatedCases {
  readonly text: string;
  /** Cases that were changed. */
  readonly changed: number;
  /** Cases that still fail, by index, with the reason. */
  readonly left: ReadonlyMap<number, string>;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** An edit, or why there can be none. */
type Change = { readonly edits: readonly Edit[] } | { readonly left: string };

/** `results` are those of every case of the file, in its order. */
export function updateCases(
  text: string,
  format: CorpusFormat,
  results: readonly CaseResult[],
): UpdatedCases {
  const changeOf = format === 'cases' ? yamlChanges(text) : jsonChanges(text);
  const edits: Edit[] = [];
  const left = new Map<number, string>();
  let changed = 0;
  results.forEach((result, index) => {
    if (result.status !== 'failed') return;
    const change = changeOf(result, index);
    if ('left' in change) left.set(index, change.left);
    else {
      edits.push(...change.edits);
      changed++;
      const byHand = result.unmet.find((one) => needsHand(one, result));
      if (byHand !== undefined) left.set(index, byHand.text);
    }
  });
  return { text: edited(text, edits), changed, left };
}

/** A pattern says what the author means; so does the text that an explanation has to name. */
const needsHand = ({ demand }: Unmet, { entry }: CaseResult): boolean =>
  demand === 'prints' ||
  demand === 'explains' ||
  (demand === 'message' && entry.expected?.message?.pattern !== undefined);

function edited(text: string, edits: readonly Edit[]): string {
  const backwards = [...edits].sort((a, b) => b.start - a.start);
  return backwards.reduce(
    (result, { start, end, text: by }) => result.slice(0, start) + by + result.slice(end),
    text,
  );
}

type ChangeOf = (result: CaseResult, index: number) => Change;

const NO_WORD_FOR_FAULT = 'a fault has no word in this format; correct the policy or the request';

/** genpolicy's form has one thing to change: `allowed`. */
function jsonChanges(text: string): ChangeOf {
  const places: JsonPlaces = new Map();
  const document = new JsonReader(text, { places }).document();
  const cases = Array.isArray(document)
    ? (document as readonly Json[])
    : (document as { readonly cases: readonly Json[] }).cases;
  return ({ decision }, index) => {
    const offset = places.get(cases[index] as object);
    const span = offset === undefined ? undefined : memberSpans(text, offset).get('allowed');
    if (span === undefined || decision === undefined) return { left: 'its place was not found' };
    if (decision.verdict === 'fault') return { left: NO_WORD_FOR_FAULT };
    return { edits: [{ ...span, text: String(decision.verdict === 'allow') }] };
  };
}

function yamlChanges(text: string): ChangeOf {
  const document = parseDocument(text, { schema: 'core', intAsBigInt: true, logLevel: 'silent' });
  const items = caseNodes(document);
  return (result, index) => {
    const item = items[index];
    const { decision } = result;
    if (!isMap(item) || decision === undefined) return { left: 'it is an alias of another case' };
    const edits: Edit[] = [];
    for (const { key, value } of item.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const wanted = WRITERS[name]?.(result);
      if (wanted === undefined) continue;
      const [start, end] = spanOf(value, text);
      if (start === undefined || end === undefined || isAlias(value)) {
        return { left: `${name} is an alias` };
      }
      if (name === 'allowed' && decision.verdict === 'fault') {
        const [keyStart = 0] = spanOf(key, text);
        edits.push({ start: keyStart, end, text: 'verdict: fault' });
      } else edits.push({ start, end, text: wanted });
    }
    return edits.length > 0 ? { edits } : { left: 'what it demands has to be changed by hand' };
  };
}

const asks = (unmet: readonly Unmet[], demand: Unmet['demand']): boolean =>
  unmet.some((one) => one.demand === demand);

/** What stands for a key when the case is to pass; undefined leaves it. */
const WRITERS: Readonly<Record<string, (result: CaseResult) => string | undefined>> = {
  allowed: ({ decision, unmet }) =>
    asks(unmet, 'verdict') ? String(decision?.verdict === 'allow') : undefined,
  verdict: ({ decision, unmet }) => (asks(unmet, 'verdict') ? decision?.verdict : undefined),
  message: ({ decision, unmet, entry }) =>
    asks(unmet, 'message') && entry.expected?.message?.pattern === undefined
      ? JSON.stringify(decision?.reason ?? '')
      : undefined,
  state: ({ stateAfter, unmet }) =>
    asks(unmet, 'state')
      ? stringifyJson((stateAfter as { readonly pstate?: Json }).pstate ?? null)
      : undefined,
  ops: ({ decision, unmet }) =>
    asks(unmet, 'ops') ? stringifyJson(decision?.ops ?? []) : undefined,
};

/** The value's own text, without the line break and comment behind it; a block's reaches further. */
function spanOf(node: unknown, text: string): readonly [start?: number, end?: number] {
  const { range } = node as { readonly range?: readonly [number, number, number] | null };
  if (range === null || range === undefined) return [];
  const [start, end] = range;
  return [start, start + text.slice(start, end).trimEnd().length];
}

function caseNodes(document: Document): readonly unknown[] {
  const { contents } = document;
  const list: unknown = isMap(contents) ? contents.get('cases', true) : contents;
  return isSeq(list) ? list.items : [];
}
