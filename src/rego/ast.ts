/**
 * The syntax tree of a Rego module, as written: nothing is resolved or rewritten here.
 *
 * Every node is a plain immutable object with a `kind` and a `span`. Ground composite literals
 * (`{"a": [1, 2]}`) are one `constant` node holding the finished value, so that the 50 KB data block
 * of a generated policy costs one node; `expandConstant` parses the elements again when a tool needs
 * them. `at` is the offset that regorus points at in its messages: the operator
 * of an infix call, the `(` of a call, the last `.` or `[` of a reference.
 */
import type { Span } from './source.ts';
import type { Value } from './value.ts';

export interface Module {
  readonly package: Package;
  readonly imports: readonly Import[];
  /** In source order; v0 rules with several bodies are already split (`chained`). */
  readonly rules: readonly Rule[];
  readonly comments: readonly Comment[];
  /** Every METADATA block, in source order; rules and the package refer to the same objects. */
  readonly annotations: readonly Annotations[];
  /** Dialect in force: the option, or v1 through `import rego.v1`. */
  readonly regoVersion: RegoVersion;
  /** Future keywords in force by import or by version. */
  readonly keywords: readonly FutureKeyword[];
  readonly span: Span;
}

export type RegoVersion = 'v0' | 'v1';
export type Engine = 'opa' | 'regorus';
export type FutureKeyword = 'contains' | 'every' | 'if' | 'in' | 'not';

export interface Package {
  readonly kind: 'package';
  /** Without the leading `data`: `package a.b` is `['a', 'b']`. */
  readonly path: readonly string[];
  readonly annotations: readonly Annotations[];
  readonly span: Span;
}

export interface Import {
  readonly kind: 'import';
  /** With the root: `['data', 'a', 'b']`, `['future', 'keywords', 'in']`, `['rego', 'v1']`. */
  readonly path: readonly string[];
  readonly alias?: VarTerm;
  /** The name the import binds: alias or last path part; `undefined` for `future` and `rego`. */
  readonly name: string | undefined;
  readonly pathSpan: Span;
  readonly span: Span;
}

/** One definition. Alternatives of a name are separate rules. */
export interface Rule {
  readonly kind: 'rule';
  readonly default: boolean;
  readonly head: Head;
  /** `undefined`: no body was written, so it always holds. */
  readonly body: Body | undefined;
  /** `if` was written before the body. */
  readonly hasIf: boolean;
  readonly else: Else | undefined;
  /** v0 `p { a } { b }`: this rule is the second or a later body and shares the head before it. */
  readonly chained: boolean;
  readonly annotations: readonly Annotations[];
  readonly span: Span;
}

/**
 * - `function`: `args` is set (it may be empty).
 * - `multi`: `key` is set: `p contains k`, or v0 `p[k] { .. }`.
 * - `single`: everything else; a partial object when `path` holds variables or computed keys.
 */
export interface Head {
  readonly kind: 'single' | 'multi' | 'function';
  /** First part of the head reference. */
  readonly name: string;
  readonly nameSpan: Span;
  /** Parts after the name. For v0 `p[k] { .. }` the key is not part of it. */
  readonly path: readonly Term[];
  readonly args?: readonly Term[];
  readonly key?: Term;
  /** Absent: `true`. */
  readonly value?: Term;
  /** How the value was given; `undefined` when none was. */
  readonly assign?: ':=' | '=';
  /** `contains` was written. */
  readonly hasContains: boolean;
  readonly span: Span;
}

export interface Else {
  readonly kind: 'else';
  /** Absent: `true`. */
  readonly value?: Term;
  readonly assign?: ':=' | '=';
  readonly body: Body | undefined;
  readonly hasIf: boolean;
  readonly else: Else | undefined;
  readonly span: Span;
}

export type Body = readonly Literal[];

export type Literal = ExprLiteral | SomeDecl | SomeIn | Every | NotBody;

/** `expr`, `not expr`; `term` is a call with infix `:=` or `=` for assignment and unification. */
export interface ExprLiteral {
  readonly kind: 'expr';
  readonly negated: boolean;
  readonly term: Term;
  readonly with: readonly With[];
  readonly span: Span;
}

/** `some x, y` */
export interface SomeDecl {
  readonly kind: 'some';
  readonly vars: readonly VarTerm[];
  readonly with: readonly With[];
  readonly span: Span;
}

/** `some k, v in domain`; `key` and `value` are patterns. */
export interface SomeIn {
  readonly kind: 'some-in';
  readonly key?: Term;
  readonly value: Term;
  readonly domain: Term;
  readonly with: readonly With[];
  readonly span: Span;
}

/** `every k, v in domain { body }` */
export interface Every {
  readonly kind: 'every';
  readonly key?: VarTerm;
  readonly value: VarTerm;
  readonly domain: Term;
  readonly body: Body;
  readonly with: readonly With[];
  readonly span: Span;
}

/** `not { body }`, and any `not expr`, with `import future.keywords.not` (OPA 1.17): a scope of its own. */
export interface NotBody {
  readonly kind: 'not-body';
  /** Written with braces. */
  readonly explicit: boolean;
  readonly body: Body;
  readonly with: readonly With[];
  readonly span: Span;
}

export interface With {
  readonly kind: 'with';
  /** `input`, `input.a.b`, `data.x`, a function name. */
  readonly target: VarTerm | RefTerm;
  readonly value: Term;
  readonly span: Span;
}

export type Term =
  | NullTerm
  | BooleanTerm
  | NumberTerm
  | StringTerm
  | VarTerm
  | RefTerm
  | CallTerm
  | UnaryTerm
  | ArrayTerm
  | ObjectTerm
  | SetTerm
  | ComprehensionTerm
  | TemplateTerm
  | ConstantTerm;

export interface NullTerm {
  readonly kind: 'null';
  readonly span: Span;
}
export interface BooleanTerm {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly span: Span;
}
export interface NumberTerm {
  readonly kind: 'number';
  /** The literal's own text, sign included: `1.0` stays `1.0`. */
  readonly text: string;
  readonly span: Span;
}
export interface StringTerm {
  readonly kind: 'string';
  /** Decoded. */
  readonly value: string;
  readonly raw: boolean;
  readonly span: Span;
}
export interface VarTerm {
  readonly kind: 'var';
  /** `_` for a wildcard; each `_` is a variable of its own. */
  readonly name: string;
  readonly span: Span;
}
/** `head.a["b"][x]`; `path` is never empty. A dotted part is a string term whose span has no quotes. */
export interface RefTerm {
  readonly kind: 'ref';
  readonly head: Term;
  readonly path: readonly Term[];
  readonly at: number;
  readonly span: Span;
}

export type InfixOperator =
  | ':='
  | '='
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '&'
  | '|'
  | 'in';

/**
 * A call by name or by operator. `x in xs` has two arguments, `k, v in xs` three. `:=` and `=` occur
 * only as the whole term of a literal.
 */
export interface CallTerm {
  readonly kind: 'call';
  /** Dotted text of the callee: `count`, `data.lib.f`, and for operators the builtin's name (`plus`). */
  readonly name: string;
  /** Absent for infix calls. */
  readonly callee?: VarTerm | RefTerm;
  readonly args: readonly Term[];
  readonly infix?: InfixOperator;
  /** Written as `-x`; `args` are `0` and `x` (OPA's reading). */
  readonly unary?: true;
  /** Offset of the operator or of `(`. */
  readonly at: number;
  readonly span: Span;
}

/** `-e` in regorus, where it takes the rest of the arithmetic and wants a numeric literal. */
export interface UnaryTerm {
  readonly kind: 'unary';
  readonly operand: Term;
  readonly span: Span;
}
export interface ArrayTerm {
  readonly kind: 'array';
  readonly items: readonly Term[];
  readonly span: Span;
}
export interface ObjectTerm {
  readonly kind: 'object';
  readonly keys: readonly Term[];
  /** As long as `keys`. */
  readonly values: readonly Term[];
  readonly span: Span;
}
/** `{a, b}`; the empty set `set()` has no items. */
export interface SetTerm {
  readonly kind: 'set';
  readonly items: readonly Term[];
  readonly span: Span;
}
export interface ComprehensionTerm {
  readonly kind: 'comprehension';
  readonly shape: 'array' | 'set' | 'object';
  /** Objects only. */
  readonly key?: Term;
  readonly value: Term;
  readonly body: Body;
  readonly span: Span;
}
/** `$"text {expr} text"`; strings are decoded text, literals are expressions without `not`. */
export interface TemplateTerm {
  readonly kind: 'template';
  readonly parts: readonly (string | ExprLiteral)[];
  readonly multiLine: boolean;
  readonly span: Span;
}
/** A composite literal without variables, references, calls or comprehensions. */
export interface ConstantTerm {
  readonly kind: 'constant';
  readonly shape: 'array' | 'object' | 'set';
  readonly value: Value;
  readonly span: Span;
}

export interface Comment {
  /** Without the `#`. */
  readonly text: string;
  readonly span: Span;
}

export type AnnotationScope = 'rule' | 'document' | 'package' | 'subpackages';

/** A `# METADATA` block. Unset keys are absent. */
export interface Annotations {
  readonly scope: AnnotationScope;
  readonly title?: string;
  readonly description?: string;
  readonly organizations?: readonly string[];
  readonly authors?: readonly { readonly name: string; readonly email?: string }[];
  readonly relatedResources?: readonly { readonly ref: string; readonly description?: string }[];
  readonly schemas?: readonly SchemaAnnotation[];
  readonly entrypoint?: boolean;
  readonly compile?: Readonly<Record<string, unknown>>;
  readonly labels?: Readonly<Record<string, unknown>>;
  /** Plain JSON data. */
  readonly custom?: Readonly<Record<string, unknown>>;
  readonly span: Span;
}
export interface SchemaAnnotation {
  readonly path: readonly string[];
  readonly schema?: readonly string[];
  readonly definition?: unknown;
}

/** The builtin behind each operator. */
export const INFIX_NAMES: Readonly<Record<InfixOperator, string>> = {
  ':=': 'assign',
  '=': 'eq',
  '==': 'equal',
  '!=': 'neq',
  '<': 'lt',
  '<=': 'lte',
  '>': 'gt',
  '>=': 'gte',
  '+': 'plus',
  '-': 'minus',
  '*': 'mul',
  '/': 'div',
  '%': 'rem',
  '&': 'and',
  '|': 'or',
  in: 'internal.member_2',
};

export interface ParseLimits {
  /** UTF-16 units of text. */
  readonly maxLength: number;
  readonly maxLines: number;
  /** Columns, by the engine's own counting. */
  readonly maxColumns: number;
  /** Brackets, parentheses and bodies within each other. */
  readonly maxDepth: number;
  /** regorus: expressions within each other, by its own count. 32; engines before 0.9 had no limit. */
  readonly maxExpressionDepth: number;
}

/** Builds values while parsing; implemented by value.ts. Items of sets and objects may repeat. */
export interface ValueBuilder {
  scalar(value: null | boolean | string): Value;
  /** `text` is a well-formed number literal. */
  number(text: string): Value;
  array(items: Value[]): Value;
  /** Later keys win. */
  object(keys: Value[], values: Value[]): Value;
  set(items: Value[]): Value;
}

export interface ParseOptions {
  /** Default `v1`. */
  readonly regoVersion?: RegoVersion;
  /** Whose grammar, limits and error texts. Default `opa`. */
  readonly engine?: Engine;
  readonly limits?: Partial<ParseLimits>;
  /** regorus up to 0.2.8 takes `else` and further bodies on set rules. Default false. */
  readonly elseOnSets?: boolean;
  /** Without it no `constant` nodes are made. */
  readonly builder?: ValueBuilder;
  /** OPA refuses a bare call such as `count(x)` as a rule by asking this. Default: nothing is one. */
  readonly isBuiltin?: (name: string) => boolean;
  /** Read METADATA comments. Default true for `opa`, false for `regorus` (which ignores them). */
  readonly annotations?: boolean;
}
