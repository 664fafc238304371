/**
 * Our own form of test cases: YAML, a list of cases or `cases:` beside `bases:`. A case says what
 * genpolicy's says and, if it likes, the message, the prints, the state and what the explanation has
 * to name. docs/policy-testing.md is its manual.
 */
import { KatasimError, nearest } from '#base';
import type { Json } from '#wire';
import { endpointNamed, isObject } from './complete-input.ts';
import type { CorpusEntry, RecordedVerdict } from './entry.ts';
import { corpusErrors } from './errors.ts';
import type { CaseExpectation, TextExpectation } from './expectation.ts';
import { placeIn } from './place.ts';
import { completed, FIELDS, kindHint, requestOfCase, type JsonFile } from './testcases.ts';
import { parseYamlText } from './yaml-json.ts';

type JsonObject = Readonly<Record<string, Json>>;

const KEYS = [
  'description',
  'kind',
  'request',
  'base',
  'patch',
  'allowed',
  'verdict',
  'message',
  'prints',
  'explains',
  'state',
  'ops',
] as const;
const VERDICTS: readonly Json[] = ['allow', 'deny', 'fault'];
const HINT = 'docs/policy-testing.md shows a case with every key.';

export function yamlCaseEntries(text: string, file: string): readonly CorpusEntry[] {
  const { value, places } = parseYamlText(text, file);
  const source: JsonFile = { file, text, places };
  const bases = isObject(value) ? (value['bases'] ?? {}) : {};
  const cases = isObject(value) ? value['cases'] : value;
  if (!Array.isArray(cases) || !isObject(bases)) {
    throw corpusErrors.unknownForm({ file, line: 1, column: 1 });
  }
  return (cases as readonly Json[]).map((item) => new CaseReader(item, bases, source).entry());
}

class CaseReader {
  readonly #item: JsonObject;
  readonly #bases: JsonObject;
  readonly #source: JsonFile;

  constructor(item: Json, bases: JsonObject, source: JsonFile) {
    this.#source = source;
    this.#bases = bases;
    this.#item = {};
    if (!isObject(item)) throw this.#fail('a case is no mapping');
    this.#item = item;
  }

  entry(): CorpusEntry {
    const unknown = Object.keys(this.#item).find(
      (key) => !(KEYS as readonly string[]).includes(key),
    );
    if (unknown !== undefined) {
      const near = nearest(unknown, KEYS);
      throw this.#fail(`a case has no key '${unknown}'`, near && `Did you mean ${near}?`);
    }
    const { kind, request } = requestOfCase(this.#item, this.#bases, this.#source);
    const endpoint = endpointNamed(kind);
    if (endpoint === undefined) throw this.#fail(`there is no endpoint '${kind}'`, kindHint(kind));
    const recorded = this.#verdict();
    const expected = this.#expected();
    return {
      ...completed(endpoint, request, (reason) => this.#fail(reason, FIELDS)),
      recorded,
      note: this.#description(endpoint),
      place: this.#place(),
      ...(Object.keys(expected).length > 0 && { expected }),
    };
  }

  #place(): CorpusEntry['place'] {
    const { file, text, places } = this.#source;
    return placeIn(text, places.get(this.#item) ?? 0, { file });
  }

  #fail(reason: string, hint: string | undefined = HINT): KatasimError {
    return corpusErrors.badCase(reason, this.#place(), hint);
  }

  #description(endpoint: string): string {
    const { description } = this.#item;
    if (description === undefined) return `${endpoint}, line ${this.#place().line ?? 0}`;
    if (typeof description !== 'string') throw this.#fail('description is no text');
    return description;
  }

  #verdict(): RecordedVerdict {
    const { verdict, allowed } = this.#item;
    if (VERDICTS.includes(verdict ?? null) && allowed === undefined)
      return verdict as RecordedVerdict;
    if (typeof allowed === 'boolean' && verdict === undefined) return allowed ? 'allow' : 'deny';
    throw this.#fail('a case has one of verdict (allow, deny, fault) and allowed (true, false)');
  }

  #expected(): CaseExpectation {
    const { message, prints, explains, state, ops } = this.#item;
    return {
      ...(message !== undefined && { message: this.#text(message, 'message') }),
      ...(prints !== undefined && { prints: this.#texts(prints, 'prints') }),
      ...(explains !== undefined && { explains: this.#texts(explains, 'explains') }),
      ...(state !== undefined && { state }),
      ...(ops !== undefined && { ops }),
    };
  }

  #texts(value: Json, key: string): readonly TextExpectation[] {
    const items: readonly Json[] = Array.isArray(value) ? value : [value];
    return items.map((item) => this.#text(item, key));
  }

  /** `/pattern/` is a regular expression, anything else the text itself. */
  #text(value: Json, key: string): TextExpectation {
    if (typeof value !== 'string') throw this.#fail(`${key} is no text`);
    const source = /^\/(.+)\/$/s.exec(value)?.[1];
    if (source === undefined) return { source: value, pattern: undefined };
    try {
      // The user's own pattern on the user's own machine.
      return { source: value, pattern: new RegExp(source, 's') };
    } catch (error) {
      throw this.#fail(`${key}: ${(error as Error).message}`);
    }
  }
}
