/**
 * The declared types of builtins as the type checker wants them, parsed once from the type
 * expressions of the registry: `any<string, set[string]>`, `array<number, string>`,
 * `object[op: string, path: any, any: any]` (named properties first, a pair of types last).
 */
import { type BuiltinSpec, findBuiltin, type TypeExpr } from '../../builtins/registry.ts';
import { operandNames } from './builtin-arg-names.ts';
import {
  ANY,
  anyOf,
  arrayType,
  BOOLEAN,
  type DynamicProperty,
  type FunctionType,
  NULL,
  NUMBER,
  objectType,
  setType,
  type StaticProperty,
  STRING,
  type Type,
} from './types.ts';

const SCALARS: Readonly<Record<string, Type>> = {
  null: NULL,
  boolean: BOOLEAN,
  number: NUMBER,
  string: STRING,
};

/** Operators and statements that the evaluator has built in, so that no row needs to exist. */
const BUILT_IN: Readonly<Record<string, Declaration>> = {
  ...Object.fromEntries(
    ['eq', 'assign', 'equal', 'neq', 'lt', 'lte', 'gt', 'gte', 'internal.member_2'].map((name) => [
      name,
      { args: ['any', 'any'], result: 'boolean' },
    ]),
  ),
  'internal.member_3': { args: ['any', 'any', 'any'], result: 'boolean' },
  plus: { args: ['number', 'number'], result: 'number' },
  mul: { args: ['number', 'number'], result: 'number' },
  div: { args: ['number', 'number'], result: 'number' },
  rem: { args: ['number', 'number'], result: 'number' },
  minus: {
    args: ['any<number, set[any]>', 'any<number, set[any]>'],
    result: 'any<number, set[any]>',
  },
  and: { args: ['set[any]', 'set[any]'], result: 'set[any]' },
  or: { args: ['set[any]', 'set[any]'], result: 'set[any]' },
  print: { args: [], variadic: 'any', result: 'void' },
};

type Declaration = Pick<BuiltinSpec, 'args' | 'result' | 'variadic'>;

/** Declarations never change, so they are read once for all policies. */
const types = new Map<string, FunctionType>();

/** `undefined`: there is no such builtin. */
export function builtinType(name: string): FunctionType | undefined {
  const known = types.get(name);
  if (known !== undefined) return known;
  const spec: Declaration | undefined =
    findBuiltin(name) ?? (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined);
  if (spec === undefined) return undefined;
  const names = operandNames(name);
  const type: FunctionType = {
    kind: 'function',
    args: spec.args.map(parseType),
    argNames: spec.args.map((_, i) => (names?.args[i] === '' ? undefined : names?.args[i])),
    ...(spec.variadic === undefined ? {} : { variadic: parseType(spec.variadic) }),
    result: spec.result === 'void' ? undefined : parseType(spec.result),
    resultName: names?.result,
    void: spec.result === 'void',
  };
  types.set(name, type);
  return type;
}

/** Reads a type expression; a malformed one is a mistake in the registry. */
export function parseType(text: TypeExpr): Type {
  const cursor = new Cursor(text);
  const type = cursor.type();
  if (!cursor.atEnd()) throw new Error(`malformed type expression: ${text}`);
  return type;
}

class Cursor {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replaceAll(' ', '');
  }

  atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** type = "any" [ "<" list ">" ] | "array" parts | "set" "[" type "]" | "object" fields | scalar */
  type(): Type {
    const name = this.#word();
    switch (name) {
      case 'any':
        return this.#accept('<') ? anyOf(this.#listUntil('>')) : ANY;
      case 'set':
        return setType(this.#accept('[') ? this.#one(']') : ANY);
      case 'array': {
        const fixed = this.#accept('<') ? this.#listUntil('>') : [];
        if (this.#accept('[')) return arrayType(fixed, this.#one(']'));
        return fixed.length === 0 ? arrayType([], ANY) : arrayType(fixed);
      }
      case 'object':
        return this.#accept('[') ? this.#fields() : objectType([], { key: ANY, value: ANY });
      default: {
        const scalar = SCALARS[name];
        if (scalar === undefined) throw new Error(`unknown type in ${this.#text}: ${name}`);
        return scalar;
      }
    }
  }

  /** fields = { key ":" type "," } ... "]", where a key that is a type makes the dynamic part. */
  #fields(): Type {
    const fixed: StaticProperty[] = [];
    let dynamic: DynamicProperty | undefined;
    do {
      const start = this.#at;
      const key = this.#word();
      if (key in SCALARS || key === 'any') {
        this.#at = start;
        const keyType = this.type();
        this.#expect(':');
        dynamic = { key: keyType, value: this.type() };
      } else {
        this.#expect(':');
        fixed.push({ key, value: this.type() });
      }
    } while (this.#accept(','));
    this.#expect(']');
    return objectType(fixed, dynamic);
  }

  #listUntil(close: string): Type[] {
    const list = [this.type()];
    while (this.#accept(',')) list.push(this.type());
    this.#expect(close);
    return list;
  }

  #one(close: string): Type {
    const type = this.type();
    this.#expect(close);
    return type;
  }

  #word(): string {
    const word = /^\w*/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += word.length;
    return word;
  }

  #accept(token: string): boolean {
    if (this.#text[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) throw new Error(`expected ${token} in ${this.#text}`);
  }
}
