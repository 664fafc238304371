/** Shapes as Rego: expressions that compare one field, and the terms they compare with. */
import type { Json } from '#wire';
import { isObject } from '../corpus/complete-input.ts';
import { quoteRegex } from './patterns.ts';
import type { HelperName } from './library.ts';
import { broken, chunks, jsonTerm, listTerm, memberPath, spaced, WIDE } from './rego-text.ts';
import type { Shape } from './shape.ts';
import { joinParts, literalOf, type Bound, type Part, type Text } from './text.ts';

/** How bound values are spelled where the expression stands. */
export type Spelling = Readonly<Partial<Record<Bound, string>>>;

export interface TermWriter {
  readonly spelling: Spelling;
  /** Notes that the policy needs a helper or a named pattern. */
  readonly use: (helper: HelperName) => void;
  readonly usePattern: (name: string) => void;
  /** The rule that holds this set, when there is one. */
  readonly setName: (values: readonly string[]) => string | undefined;
  /** Ids are hex digits: in a pattern they need no quotes. */
  readonly hexIds: boolean;
}

/** Patterns that are long, or mean more than they show, are rules of their own. */
const NAMED = new Set(['uuid', 'uuid_in_slice', 'ipv4', 'ipv6', 'local_mac', 'mac', 'volume_time']);

export type Leaf = readonly [path: string, shape: Shape];

/** The fields as the policy compares them, each with its path. */
export function leavesOf(shape: Shape, path = 'input'): readonly Leaf[] {
  if (shape.kind !== 'object') return [[path, shape]];
  return [...shape.members].flatMap(([name, member]) => leavesOf(member, memberPath(path, name)));
}

/** A text that is compared as a whole: no pattern in it. */
const isPlain = ({ parts }: Text): boolean =>
  parts.every(({ kind }) => kind === 'literal' || kind === 'bound');

/** A pattern as the author of a policy would write it: raw where that is possible. */
const regexTerm = (regex: string): string =>
  /[`\n\r]/.test(regex) ? JSON.stringify(regex) : `\`${regex}\``;

export class Terms {
  readonly #writer: TermWriter;

  constructor(writer: TermWriter) {
    this.#writer = writer;
  }

  /** The text itself, for `==`. */
  plain(text: Text): string {
    return this.#concat(
      text.parts.flatMap((part) =>
        part.kind === 'bound'
          ? this.#bound(part.name)
          : chunks(literalOf({ parts: [part], seen: [] })).map((chunk) => JSON.stringify(chunk)),
      ),
      '""',
    );
  }

  /** An anchored pattern, for `regex.match`. */
  pattern({ parts }: Text): string {
    const anchored: readonly Part[] = joinParts(parts);
    const pieces: string[] = [];
    let open = '^';
    const flush = (): void => {
      if (open !== '') pieces.push(regexTerm(open));
      open = '';
    };
    for (const part of anchored) {
      if (part.kind === 'literal') {
        const [first = '', ...rest] = chunks(part.text).map(quoteRegex);
        open += first;
        for (const chunk of rest) {
          flush();
          open = chunk;
        }
      } else if (part.kind === 'regex') open += part.regex;
      else if (part.kind === 'bound') {
        flush();
        pieces.push(this.#quoted(part.name));
      } else if (NAMED.has(part.pattern.name)) {
        flush();
        this.#writer.usePattern(part.pattern.name);
        pieces.push(part.pattern.name);
      } else open += part.pattern.regex;
    }
    open += '$';
    flush();
    return this.#concat(pieces, '``');
  }

  /** The form that `text_ok` takes: a text that starts with `^` is a pattern. */
  either(text: Text): string {
    if (!isPlain(text)) return this.pattern(text);
    const [first] = text.parts;
    const looksLikePattern = first?.kind === 'literal' && first.text.startsWith('^');
    return looksLikePattern ? this.pattern(text) : this.plain(text);
  }

  /** Expressions that hold for what the shape allows at `path`. */
  conditions(path: string, shape: Shape): readonly string[] {
    const { use } = this.#writer;
    switch (shape.kind) {
      case 'exact':
        return exactConditions(path, shape.value);
      case 'one-of':
        return [`${path} in ${listTerm('[', ']', shape.values.map(jsonTerm))}`];
      case 'text':
        return isPlain(shape.text)
          ? [`${path} == ${this.plain(shape.text)}`]
          : [`regex.match(${this.pattern(shape.text)}, ${path})`];
      case 'free':
        return shape.type === 'number'
          ? [`is_number(${path})`, `${path} >= 0`]
          : [`is_array(${path})`];
      case 'set':
        use('same_set');
        return [
          `same_set(${path}, ${this.#writer.setName(shape.values) ?? jsonTerm(shape.values)})`,
        ];
      case 'env':
      case 'map': {
        const helper = shape.kind === 'env' ? 'env_ok' : 'map_ok';
        const entries = Array.from(
          shape.entries,
          ([name, text]) => `${JSON.stringify(name)}: ${this.either(text)}`,
        );
        const wanted = entries.length === 0 ? '{}' : broken('{', '}', entries);
        if (shape.optional.size === 0) {
          use(helper);
          return [`${helper}(${path}, ${wanted})`];
        }
        use(`${helper}_but`);
        const optional = [...shape.optional].map((name) => JSON.stringify(name));
        return [`${helper}_but(${path}, ${wanted}, ${listTerm('{', '}', optional)})`];
      }
      case 'list':
        return this.#listConditions(path, shape.items);
      case 'object':
        return Array.from(shape.members).flatMap(([name, member]) =>
          this.conditions(memberPath(path, name), member),
        );
    }
  }

  #listConditions(path: string, items: readonly Shape[]): readonly string[] {
    const { use } = this.#writer;
    if (items.every(isValue)) {
      use('list_ok');
      return [
        `list_ok(${path}, ${listTerm(
          '[',
          ']',
          items.map((item) => this.cell(item, 1)),
        )})`,
      ];
    }
    if (items.every(isFlatObject)) {
      use('objects_ok');
      return [
        `objects_ok(${path}, ${broken(
          '[',
          ']',
          items.map((item) => this.cell(item, 0)),
        )})`,
      ];
    }
    return [
      `count(${path}) == ${items.length}`,
      ...items.flatMap((item, i) => this.conditions(`${path}[${i}]`, item)),
    ];
  }

  /** A term for the helpers, which read a text that starts with `^` as a pattern down to level 2. */
  cell(shape: Shape, level: number): string {
    switch (shape.kind) {
      case 'exact':
        return this.#exactCell(shape.value, level);
      case 'text':
        return this.either(shape.text);
      case 'list':
        return listTerm(
          '[',
          ']',
          shape.items.map((item) => this.cell(item, level + 1)),
        );
      case 'object':
        return listTerm(
          '{',
          '}',
          Array.from(
            shape.members,
            ([name, member]) => `${JSON.stringify(name)}: ${this.cell(member, level + 1)}`,
          ),
        );
      default:
        throw new Error(`a ${shape.kind} has no term`);
    }
  }

  #exactCell(value: Json, level: number): string {
    if (level > 2) return jsonTerm(value);
    if (typeof value === 'string')
      return this.either({ parts: [{ kind: 'literal', text: value }], seen: [] });
    if (Array.isArray(value))
      return listTerm(
        '[',
        ']',
        (value as readonly Json[]).map((item) => this.#exactCell(item, level + 1)),
      );
    if (!isObject(value)) return jsonTerm(value);
    const members = Object.entries(value).map(
      ([name, member]) => `${JSON.stringify(name)}: ${this.#exactCell(member, level + 1)}`,
    );
    return listTerm('{', '}', members);
  }

  #bound(name: Bound): string {
    return this.#writer.spelling[name] ?? name;
  }

  /** Names may hold dots, which patterns read as any character; UUIDs and hex ids cannot. */
  #quoted(name: Bound): string {
    const isId = name === 'id' || name === 'sandbox_id';
    const hasDots = name === 'pod_name' || (isId && !this.#writer.hexIds);
    return hasDots ? `replace(${this.#bound(name)}, ".", \`\\.\`)` : this.#bound(name);
  }

  #concat(pieces: readonly string[], none: string): string {
    const [first = none, ...others] = pieces;
    return others.length === 0 ? first : `concat("", ${listTerm('[', ']', pieces)})`;
  }
}

const isValue = (shape: Shape): boolean =>
  shape.kind === 'text' || (shape.kind === 'exact' && !isContainer(shape.value));

const isContainer = (value: Json): boolean => Array.isArray(value) || isObject(value);

const isFlatObject = (shape: Shape): boolean =>
  (shape.kind === 'exact' && isObject(shape.value)) ||
  (shape.kind === 'object' && [...shape.members.values()].every(isField));

const isField = (shape: Shape): boolean =>
  isValue(shape) ||
  shape.kind === 'exact' ||
  (shape.kind === 'list' && shape.items.every(isValue)) ||
  (shape.kind === 'object' && [...shape.members.values()].every(isValue));

/** Whole values where they fit a line; else member by member, so that a denial names the member. */
function exactConditions(path: string, value: Json): readonly string[] {
  if (value === null) return [`is_null(${path})`];
  if (isObject(value) && spaced(value).length > WIDE)
    return Object.entries(value).flatMap(([name, member]) =>
      exactConditions(memberPath(path, name), member),
    );
  return [`${path} == ${jsonTerm(value)}`];
}
