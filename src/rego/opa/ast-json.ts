/**
 * The syntax tree as JSON in the shape of `opa parse --format json`, for tools that read OPA's.
 *
 * Source: output of OPA 1.19. Sets and objects are sorted and hold each element once, `_` becomes
 * `$0`, `$1`, ... in source order, and what the parser implies (`true` as body or value) is written out.
 * Where OPA folds literals of a template string into its parts, so do we.
 */
import type {
  Annotations,
  Body,
  CallTerm,
  Else,
  Head,
  Literal,
  Module,
  RefTerm,
  Rule,
  Term,
  VarTerm,
} from '../ast.ts';
import { opaPosition } from '../position.ts';
import { isGround } from './parse/rules.ts';
import { expandConstant } from './parse/parse-module.ts';

export type Json = null | boolean | number | string | RawNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A number in its own spelling: `1.50` and integers of any size survive. */
export class RawNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

interface TypedTerm extends JsonObject {
  readonly type: string;
  readonly value: Json;
}

/** The JSON text of a module. Keys are in OPA's order. */
export function moduleToJson(module: Module, indent?: number): string {
  return writeJson(moduleTree(module), indent);
}

/** The same as a tree. */
export function moduleTree(module: Module): JsonObject {
  const writer = new AstWriter();
  const { package: declared, imports, rules, annotations, comments } = module;
  return compact({
    package: {
      path: [typed('var', 'data'), ...declared.path.map((part) => typed('string', part))],
    },
    imports: orNothing(
      imports.map(({ path, alias }) =>
        compact({
          alias: alias?.name,
          path: typed(
            'ref',
            path.map((part, i) => typed(i === 0 ? 'var' : 'string', part)),
          ),
        }),
      ),
    ),
    annotations: orNothing(annotations.map(annotationTree)),
    rules: orNothing(rules.map((rule) => writer.rule(rule))),
    comments: orNothing(
      comments.map(({ text, span }) => {
        const { row, col } = opaPosition(span.source, span.start);
        const bytes = Buffer.from(text, 'utf8').toString('base64');
        return {
          Text: bytes === '' ? null : bytes,
          Location: { file: span.source.name, row, col },
        };
      }),
    ),
  });
}

/** A query as the list of its expressions. */
export function bodyTree(body: Body): Json {
  return new AstWriter().body(body);
}

const typed = (type: string, value: Json): TypedTerm => ({ type, value });

const orNothing = (items: readonly Json[]): readonly Json[] | undefined =>
  items.length === 0 ? undefined : items;

function compact(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as JsonObject;
}

const TRUE_BODY: Json = [{ index: 0, terms: typed('boolean', true) }];

class AstWriter {
  #wildcards = 0;

  rule(rule: Rule): JsonObject {
    const head = this.head(rule, rule.head, rule.head.assign);
    const body = rule.body === undefined ? TRUE_BODY : this.body(rule.body);
    return compact({
      annotations: orNothing(rule.annotations.map(annotationTree)),
      body,
      default: rule.default ? true : undefined,
      else: rule.else && this.#branch(rule, rule.else),
      head,
    });
  }

  #branch(rule: Rule, { value, assign, body, else: next }: Else): JsonObject {
    const { value: _value, ...given } = rule.head;
    const head = {
      ...this.head(rule, given, assign ?? rule.head.assign),
      value: value === undefined ? typed('boolean', true) : this.term(value),
    };
    return compact({
      body: body === undefined ? TRUE_BODY : this.body(body),
      else: next && this.#branch(rule, next),
      head,
    });
  }

  head(rule: Rule, head: Head, assign: ':=' | '=' | undefined): JsonObject {
    const { name, path, args, key, value, kind } = head;
    const first =
      name === '_' ? this.#var({ kind: 'var', name, span: head.nameSpan }) : typed('var', name);
    const ref = [first, ...path.map((part) => this.term(part))];
    const legacy = legacyHead(rule);
    const implied = kind === 'multi' ? undefined : typed('boolean', true);
    return compact({
      name: path.length === 0 || legacy.name ? first.value : undefined,
      args: args && orNothing(args.map((arg) => this.term(arg))),
      key: key === undefined ? (legacy.key ? ref[1] : undefined) : this.term(key),
      value: value === undefined ? implied : this.term(value),
      assign: assign === ':=' ? true : undefined,
      ref,
    });
  }

  body(body: Body): Json {
    return body.map((literal, index) => this.literal(literal, index));
  }

  literal(literal: Literal, index: number): JsonObject {
    const negated = literal.kind === 'expr' && literal.negated ? true : undefined;
    const terms = this.#terms(literal);
    const modifiers = literal.with.map(({ target, value }) => ({
      target: this.term(target),
      value: this.term(value),
    }));
    return compact({ index, negated, terms, with: orNothing(modifiers) });
  }

  #terms(literal: Literal): Json {
    switch (literal.kind) {
      case 'expr':
        return literal.term.kind === 'call' ? this.#call(literal.term) : this.term(literal.term);
      case 'some':
        return { symbols: literal.vars.map((name) => this.term(name)) };
      case 'some-in': {
        const { key, value, domain } = literal;
        const operands = key === undefined ? [value, domain] : [key, value, domain];
        const member = `member_${operands.length}`;
        const operator = typed('ref', [typed('var', 'internal'), typed('string', member)]);
        const call = typed('call', [operator, ...operands.map((operand) => this.term(operand))]);
        return { symbols: [call] };
      }
      case 'every': {
        const { key, value, domain, body } = literal;
        const shownKey = key === undefined ? null : this.term(key);
        const shownValue = this.term(value);
        const shownDomain = this.term(domain);
        return { body: this.body(body), domain: shownDomain, key: shownKey, value: shownValue };
      }
      case 'not-body':
        return { body: this.body(literal.body), explicit_body: literal.explicit, type: 'not' };
    }
  }

  #call({ name, callee, args }: CallTerm): readonly TypedTerm[] {
    const operator = callee === undefined ? operatorRef(name) : this.#refOf(callee);
    return [operator, ...args.map((arg) => this.term(arg))];
  }

  #refOf(callee: VarTerm | RefTerm): TypedTerm {
    return callee.kind === 'var' ? typed('ref', [typed('var', callee.name)]) : this.term(callee);
  }

  term(term: Term): TypedTerm {
    switch (term.kind) {
      case 'null':
        return typed('null', {});
      case 'boolean':
      case 'string':
        return typed(term.kind, term.value);
      case 'number':
        return typed('number', new RawNumber(term.text));
      case 'var':
        return this.#var(term);
      case 'ref':
        return typed('ref', [
          this.#refHead(term.head),
          ...term.path.map((part) => this.term(part)),
        ]);
      case 'call':
        return typed('call', this.#call(term));
      case 'unary': {
        const zero = typed('number', new RawNumber('0'));
        return typed('call', [operatorRef('minus'), zero, this.term(term.operand)]);
      }
      case 'array':
        return typed(
          'array',
          term.items.map((item) => this.term(item)),
        );
      case 'set':
        return typed('set', sortedOnce(term.items.map((item) => this.term(item))));
      case 'object':
        return typed('object', this.#pairs(term.keys, term.values));
      case 'comprehension':
        return this.#comprehension(term);
      case 'template':
        return this.#template(term);
      case 'constant':
        return this.term(expandConstant(term));
    }
  }

  #refHead(head: Term): TypedTerm {
    return head.kind === 'var' && head.name !== '_' ? typed('var', head.name) : this.term(head);
  }

  #var({ name }: VarTerm): TypedTerm {
    if (name === '_') {
      this.#wildcards += 1;
      return typed('var', `$${this.#wildcards - 1}`);
    }
    return name === 'input' || name === 'data'
      ? typed('ref', [typed('var', name)])
      : typed('var', name);
  }

  #pairs(keys: readonly Term[], values: readonly Term[]): Json {
    const pairs: [TypedTerm, TypedTerm][] = [];
    keys.forEach((key, i) => {
      const shownKey = this.term(key);
      const value = values[i];
      if (value === undefined) return;
      const pair: [TypedTerm, TypedTerm] = [shownKey, this.term(value)];
      const same = pairs.findIndex(([other]) => compareTerms(other, shownKey) === 0);
      if (same === -1) pairs.push(pair);
      else pairs[same] = pair;
    });
    return pairs.sort(([a], [b]) => compareTerms(a, b));
  }

  #comprehension({ shape, key, value, body }: Term & { kind: 'comprehension' }): TypedTerm {
    if (shape === 'object' && key !== undefined) {
      const shownKey = this.term(key);
      const shownValue = this.term(value);
      return typed('objectcomprehension', {
        key: shownKey,
        value: shownValue,
        body: this.body(body),
      });
    }
    const shown = this.term(value);
    return typed(`${shape}comprehension`, { term: shown, body: this.body(body) });
  }

  #template({ parts, multiLine }: Term & { kind: 'template' }): TypedTerm {
    const shown = parts.map((part): Json => {
      if (typeof part === 'string') return typed('string', part);
      const { term } = part;
      const literal = ['string', 'number', 'boolean', 'null'].includes(term.kind);
      return literal && part.with.length === 0 ? this.term(term) : this.literal(part, 0);
    });
    return typed('templatestring', {
      parts: shown.length === 0 ? null : shown,
      multi_line: multiLine,
    });
  }
}

/** A head of two parts also has the `name` and `key` of the days before references in heads. */
function legacyHead({ head, hasIf, default: isDefault }: Rule): { name: boolean; key: boolean } {
  const [only, ...more] = head.path;
  const old = head.kind !== 'multi' && only !== undefined && more.length === 0 && !isDefault;
  if (!old) return { name: false, key: false };
  if (head.kind === 'function') return { name: hasIf, key: false };
  if (!hasIf) return { name: head.value !== undefined, key: head.value !== undefined };
  return { name: head.value !== undefined, key: only.kind === 'ref' || !isGround(only) };
}

function operatorRef(name: string): TypedTerm {
  const [head = name, ...rest] = name.split('.');
  return typed('ref', [typed('var', head), ...rest.map((part) => typed('string', part))]);
}

function sortedOnce(items: readonly TypedTerm[]): readonly TypedTerm[] {
  const sorted = [...items].sort(compareTerms);
  return sorted.filter((item, i) => i === 0 || compareTerms(sorted[i - 1] ?? item, item) !== 0);
}

/** OPA's order of kinds of terms. */
const RANKS: Readonly<Record<string, number>> = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  var: 4,
  ref: 5,
  array: 6,
  object: 7,
  set: 8,
  arraycomprehension: 9,
  objectcomprehension: 10,
  setcomprehension: 11,
  call: 12,
  templatestring: 13,
};

/** OPA's order of terms, as far as sorting what is written in a literal needs it. */
function compareTerms(a: TypedTerm, b: TypedTerm): number {
  const byKind = (RANKS[a.type] ?? 99) - (RANKS[b.type] ?? 99);
  return byKind === 0 ? compareJson(a.value, b.value) : byKind;
}

function compareJson(a: Json, b: Json): number {
  if (a instanceof RawNumber && b instanceof RawNumber) {
    return Number(a.text) - Number(b.text) || (Number(a.text) === Number(b.text) ? 0 : 1);
  }
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (Array.isArray(a) && Array.isArray(b))
    return compareLists(a as readonly Json[], b as readonly Json[]);
  if (isTyped(a) && isTyped(b)) return compareTerms(a, b);
  const left = writeJson(a);
  const right = writeJson(b);
  return left < right ? -1 : Number(left > right);
}

const isTyped = (value: Json): value is TypedTerm =>
  typeof value === 'object' && value !== null && 'type' in value && 'value' in value;

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const order = compareJson(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function annotationTree(annotations: Annotations): JsonObject {
  const { scope, title, description, entrypoint, organizations, relatedResources } = annotations;
  const { authors, schemas, compile, custom, labels } = annotations;
  const json = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
  const path = (parts: readonly string[]): Json =>
    parts.map((part, i) => typed(i === 0 ? 'var' : 'string', part));
  return compact({
    authors: authors && orNothing(authors.map(({ name, email }) => compact({ name, email }))),
    compile: compile && json(compile),
    custom: custom && json(custom),
    description,
    entrypoint: entrypoint === true ? true : undefined,
    labels: labels && json(labels),
    organizations: organizations && orNothing(organizations),
    related_resources:
      relatedResources &&
      orNothing(
        relatedResources.map((item) => compact({ description: item.description, ref: item.ref })),
      ),
    schemas:
      schemas &&
      orNothing(
        schemas.map((item) =>
          compact({
            path: path(item.path),
            schema: item.schema && path(item.schema),
            definition: item.definition === undefined ? undefined : json(item.definition),
          }),
        ),
      ),
    scope,
    title,
  });
}

/** JSON text with numbers as they were written. */
export function writeJson(value: Json, indent?: number): string {
  return write(value, indent === undefined ? '' : ' '.repeat(indent), '');
}

function write(value: Json, step: string, margin: string): string {
  if (value instanceof RawNumber) return jsonNumber(value.text);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = margin + step;
  const [open, close] = step === '' ? ['', ''] : [`\n${inner}`, `\n${margin}`];
  const gap = step === '' ? ',' : `,\n${inner}`;
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => write(item, step, inner));
    return items.length === 0 ? '[]' : `[${open}${items.join(gap)}${close}]`;
  }
  const colon = step === '' ? ':' : ': ';
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}${colon}${write(member, step, inner)}`,
  );
  return members.length === 0 ? '{}' : `{${open}${members.join(gap)}${close}}`;
}

/** Rego's `.5` is not JSON. */
const jsonNumber = (text: string): string => text.replace(/^(-?)\./, '$10.');
