/**
 * `strings.render_template`: Go's text/template over the variables of an object. Numbers of the object
 * are texts to Go's templates (OPA hands them over as JSON numbers), so every one of them is true.
 */
import { Decimal } from '../../decimal.ts';
import { isNumeric, opaNumberText } from '../../number.ts';
import { compareStrings } from '../../order.ts';
import { RegoObject, RegoSet, type Value } from '../../value.ts';
import { type BuiltinContext, builtinFault, defineBuiltin } from '../../builtins/define.ts';
import { queryEscape } from '../../builtins/encoding.ts';
import { goFloatText } from '../../builtins/float-text.ts';
import { goSprintf } from '../../builtins/sprintf-go.ts';
import type { GoArgument } from '../../builtins/sprintf-value.ts';
import {
  type Command,
  type Operand,
  parseTemplate,
  type Pipeline,
  TemplateError,
  type TemplateNode,
} from './template-parse.ts';

/** A Go int made by the template itself, apart from the numbers of the object. */
interface GoInt {
  readonly int: bigint;
}

/** undefined: no value. */
type Item = Value | GoInt | { readonly float: number } | undefined;

const isInt = (item: Item): item is GoInt =>
  typeof item === 'object' && item !== null && 'int' in item;
const isFloat = (item: Item): item is { readonly float: number } =>
  typeof item === 'object' && item !== null && 'float' in item;

function isTrue(item: Item): boolean {
  if (item === undefined || item === null || item === false || item === '') return false;
  if (isInt(item)) return item.int !== 0n;
  if (isFloat(item)) return item.float !== 0;
  if (Array.isArray(item)) return item.length > 0;
  return !(item instanceof RegoObject) || item.size > 0;
}

/** Go's %v. */
function show(item: Item): string {
  if (item === undefined) return '<no value>';
  if (item === null) return '<nil>';
  if (isInt(item)) return String(item.int);
  if (isFloat(item)) return goFloatText(item.float);
  if (typeof item === 'string') return item;
  if (isNumeric(item)) return opaNumberText(item);
  if (item instanceof RegoObject) {
    const members = item.keys('opa').map((key) => `${show(key)}:${show(item.get(key))}`);
    return `map[${members.join(' ')}]`;
  }
  if (typeof item === 'boolean') return item ? 'true' : 'false';
  const items = item instanceof RegoSet ? item.members('opa') : item;
  return `[${items.map(show).join(' ')}]`;
}

/** What printf gets: JSON numbers are texts. */
function argument(item: Item): GoArgument {
  if (isInt(item)) return { kind: 'int', value: item.int, big: false };
  if (isFloat(item)) return { kind: 'float', value: item.float };
  return { kind: 'string', value: show(item) };
}

class Stop extends Error {
  readonly kind: 'break' | 'continue';

  constructor(kind: 'break' | 'continue') {
    super(kind);
    this.kind = kind;
  }
}

class Renderer {
  readonly out: string[] = [];
  readonly #charge: (units: number) => void;
  #variables: [string, Item][];

  constructor(root: Item, charge: (units: number) => void) {
    this.#charge = charge;
    this.#variables = [['$', root]];
  }

  nodes(list: readonly TemplateNode[], dot: Item): void {
    for (const node of list) this.#node(node, dot);
  }

  #write(text: string): void {
    this.#charge(text.length + 1);
    this.out.push(text);
  }

  #node(node: TemplateNode, dot: Item): void {
    this.#charge(1);
    switch (node.kind) {
      case 'text':
        this.#write(node.text);
        return;
      case 'break':
      case 'continue':
        throw new Stop(node.kind);
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot);
        // Null has no value to print by itself; inside a list it is <nil>.
        if (node.pipeline.declares.length === 0) this.#write(show(value ?? undefined));
        return;
      }
      default: {
        const depth = this.#variables.length;
        if (node.kind === 'range') this.#range(node, dot);
        else {
          const value = this.#pipeline(node.pipeline, dot);
          if (isTrue(value)) this.nodes(node.body, node.kind === 'with' ? value : dot);
          else this.nodes(node.otherwise, dot);
        }
        this.#variables = this.#variables.slice(0, depth);
      }
    }
  }

  #range(node: Extract<TemplateNode, { kind: 'if' | 'range' | 'with' }>, dot: Item): void {
    const { declares } = node.pipeline;
    const value = this.#commands(node.pipeline, dot);
    const entries = rangeOf(value);
    if (entries.length === 0) {
      this.nodes(node.otherwise, dot);
      return;
    }
    for (const [key, item] of entries) {
      const depth = this.#variables.length;
      const [first, second] = declares;
      if (first !== undefined) this.#variables.push([first, second === undefined ? item : key]);
      if (second !== undefined) this.#variables.push([second, item]);
      const stopped = this.#body(node.body, item);
      this.#variables = this.#variables.slice(0, depth);
      if (stopped) return;
    }
  }

  /** True when a break ends the loop. */
  #body(body: readonly TemplateNode[], item: Item): boolean {
    try {
      this.nodes(body, item);
      return false;
    } catch (error) {
      if (error instanceof Stop) return error.kind === 'break';
      throw error;
    }
  }

  #pipeline(pipeline: Pipeline, dot: Item): Item {
    const value = this.#commands(pipeline, dot);
    const [name] = pipeline.declares;
    if (name === undefined) return value;
    if (!pipeline.assigns) this.#variables.push([name, value]);
    else {
      const known = this.#variables.findLast(([other]) => other === name);
      if (known === undefined) throw new TemplateError(`undefined variable "${name}"`);
      known[1] = value;
    }
    return value;
  }

  #commands({ commands }: Pipeline, dot: Item): Item {
    let value: Item;
    let piped = false;
    for (const command of commands) {
      value = this.#command(command, dot, piped ? [value] : []);
      piped = true;
    }
    return value;
  }

  #command(command: Command, dot: Item, piped: readonly Item[]): Item {
    const [head, ...rest] = command;
    if (head === undefined) return undefined;
    const value = (term: Command[number]): Item =>
      this.#fields(this.#operand(term.operand, dot), term.fields);
    if (head.operand.kind === 'function') {
      const { name } = head.operand;
      if (name === 'and' || name === 'or')
        return shortCircuit(name, [
          ...rest.map((term) => () => value(term)),
          ...piped.map((item) => () => item),
        ]);
      return this.#fields(
        callFunction(name, [...rest.map(value), ...piped], this.#charge),
        head.fields,
      );
    }
    if (rest.length + piped.length > 0)
      throw new TemplateError("can't give argument to non-function");
    return value(head);
  }

  #operand(operand: Operand, dot: Item): Item {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        throw new TemplateError('nil is not a command');
      case 'literal':
        return typeof operand.value === 'number' ? { float: operand.value } : operand.value;
      case 'variable': {
        const found = this.#variables.findLast(([name]) => name === operand.name);
        if (found === undefined) throw new TemplateError(`undefined variable "${operand.name}"`);
        return found[1];
      }
      case 'function':
        return callFunction(operand.name, [], this.#charge);
      case 'pipeline':
        return this.#pipeline(operand.pipeline, dot);
    }
  }

  #fields(value: Item, fields: readonly string[]): Item {
    let current = value;
    for (const field of fields) {
      if (current === undefined || current === null) return undefined;
      if (!(current instanceof RegoObject)) {
        throw new TemplateError(`can't evaluate field ${field} in type ${typeof current}`);
      }
      current = current.get(field);
    }
    return current;
  }
}

function rangeOf(value: Item): readonly (readonly [Item, Item])[] {
  if (value === undefined || value === null) return [];
  if (isInt(value)) {
    return Array.from({ length: Math.min(Number(value.int), 100_000) }, (_, i) => {
      const item = { int: BigInt(i) };
      return [item, item];
    });
  }
  if (value instanceof RegoObject) {
    return value
      .keys('opa')
      .filter((key) => typeof key === 'string')
      .toSorted(compareStrings)
      .map((key) => [key, value.get(key)]);
  }
  const items = value instanceof RegoSet ? value.members('opa') : value;
  if (!Array.isArray(items)) throw new TemplateError(`range can't iterate over ${show(value)}`);
  return (items as readonly Value[]).map((item, i) => [{ int: BigInt(i) }, item]);
}

function shortCircuit(name: 'and' | 'or', operands: readonly (() => Item)[]): Item {
  let value: Item;
  for (const operand of operands) {
    value = operand();
    if (isTrue(value) === (name === 'or')) return value;
  }
  return value;
}

type Call = (args: readonly Item[], charge: (units: number) => void) => Item;

/** Kinds that may be compared with each other; JSON numbers are texts. */
function basic(item: Item): bigint | number | string | boolean {
  if (isInt(item)) return item.int;
  if (isFloat(item)) return item.float;
  if (typeof item === 'string' || typeof item === 'boolean') return item;
  if (item instanceof Decimal || typeof item === 'number' || typeof item === 'bigint')
    return show(item);
  throw new TemplateError('non-comparable type');
}

const less = (a: Item, b: Item): boolean => {
  const [left, right] = [basic(a), basic(b)];
  if (typeof left !== typeof right || typeof left === 'boolean') {
    throw new TemplateError('incompatible types for comparison');
  }
  return typeof left === 'string'
    ? compareStrings(left, String(right)) < 0
    : left < (right as typeof left);
};

const same = (a: Item, b: Item): boolean => {
  const [left, right] = [basic(a), basic(b)];
  if (typeof left !== typeof right) throw new TemplateError('incompatible types for comparison');
  return left === right;
};

const sprint = (args: readonly Item[]): string => args.map(show).join(' ');

/** Go's Sprint: a blank between two operands that are both no strings. */
function print(args: readonly Item[]): string {
  const isText = (item: Item) => argument(item).kind === 'string';
  return args
    .map((item, i) =>
      i > 0 && !isText(item) && !isText(args[i - 1]) ? ` ${show(item)}` : show(item),
    )
    .join('');
}

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  '\0': '\ufffd',
};

const position = (item: Item): number => {
  if (!isInt(item)) throw new TemplateError(`cannot index with ${show(item)}`);
  return Number(item.int);
};

function index(item: Item, key: Item): Item {
  if (item instanceof RegoObject)
    return isInt(key) || isFloat(key) || key === undefined ? undefined : item.get(key);
  if (!Array.isArray(item)) throw new TemplateError(`can't index item of type ${typeof item}`);
  const items = item as readonly Value[];
  const at = position(key);
  if (at < 0 || at >= items.length)
    throw new TemplateError(`error calling index: index out of range: ${at}`);
  return items[at];
}

const FUNCTIONS: Readonly<Record<string, Call>> = {
  not: ([item]) => !isTrue(item),
  len: ([item]) => {
    if (typeof item === 'string') return { int: BigInt(Buffer.byteLength(item)) };
    if (item instanceof RegoObject) return { int: BigInt(item.size) };
    if (Array.isArray(item)) return { int: BigInt(item.length) };
    throw new TemplateError(`error calling len: len of type ${typeof item}`);
  },
  index: ([item, ...keys]) => keys.reduce(index, item),
  slice: ([item, from, to]) => {
    const range = [
      from === undefined ? 0 : position(from),
      to === undefined ? undefined : position(to),
    ] as const;
    if (typeof item === 'string') return item.slice(...range);
    if (Array.isArray(item)) return (item as readonly Value[]).slice(...range);
    throw new TemplateError(`can't slice item of type ${typeof item}`);
  },
  print,
  println: (args) => `${sprint(args)}\n`,
  printf: ([format, ...args], charge) => goSprintf(show(format), args.map(argument), charge),
  eq: ([first, ...others]) => others.some((other) => same(first, other)),
  ne: ([a, b]) => !same(a, b),
  lt: ([a, b]) => less(a, b),
  le: ([a, b]) => less(a, b) || same(a, b),
  gt: ([a, b]) => !less(a, b) && !same(a, b),
  ge: ([a, b]) => !less(a, b),
  html: (args) =>
    args
      .map(show)
      .join('')
      .replace(/[&'<>"\0]/g, (char) => HTML[char] ?? char),
  js: (args) =>
    args
      .map(show)
      .join('')
      .replace(/[\\'"<>&=\u0000-\u001f]/g, (char) =>
        '\\\'"'.includes(char)
          ? `\\${char}`
          : `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
      ),
  urlquery: (args) => queryEscape(args.map(show).join('')),
};

function callFunction(name: string, args: readonly Item[], charge: (units: number) => void): Item {
  const call = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (call === undefined) throw new TemplateError(`function "${name}" not defined`);
  return call(args, charge);
}

function render(context: BuiltinContext, text: string, variables: RegoObject): string {
  context.charge(text.length);
  const renderer = new Renderer(variables, (units) => context.charge(units));
  renderer.nodes(parseTemplate(text), variables);
  return renderer.out.join('').replaceAll('<no value>', '<undefined>');
}

export const templates = [
  defineBuiltin({
    name: 'strings.render_template',
    summary: "Go's text/template over the variables of an object; missing ones read <undefined>.",
    args: ['string', 'object[string: any]'],
    result: 'string',
    impl(text: string, variables: RegoObject) {
      try {
        return render(this, text, variables);
      } catch (error) {
        if (error instanceof TemplateError) return builtinFault(error.message);
        if (error instanceof Stop)
          return builtinFault(`template: template:1: {{${error.kind}}} outside {{range}}`);
        throw error;
      }
    },
  }),
];
