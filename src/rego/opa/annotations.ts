/**
 * METADATA comments. A block is a comment line `# METADATA` in column 1 and the column-1 comment lines
 * that follow without a gap; the lines after the first are one YAML document.
 *
 * Source: OPA 1.19, docs/docs/policy-language.md (Annotations) and v1/ast/annotations.go.
 */
import { parse as parseYaml, YAMLParseError } from 'yaml';
import type {
  Annotations,
  AnnotationScope,
  Import,
  Package,
  Rule,
  SchemaAnnotation,
} from '../ast.ts';
import { opaExcerpt, rowOf } from '../position.ts';
import type { Diagnostic, Source, Span } from '../source.ts';

interface Line {
  readonly start: number;
  readonly end: number;
  readonly row: number;
  readonly text: string;
}

export interface ReadAnnotations {
  readonly found: readonly Annotations[];
  readonly errors: readonly Diagnostic[];
}

/** Reads every block among the comments, given as pairs of offsets. */
export function readAnnotations(source: Source, comments: readonly number[]): ReadAnnotations {
  if (!source.text.includes('METADATA')) return { found: [], errors: [] };
  const lines = columnOneComments(source, comments);
  const found: Annotations[] = [];
  const errors: Diagnostic[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const first = lines[i];
    if (first === undefined || !isStart(first)) continue;
    const block: Line[] = [];
    while (continues(lines[i], lines[i + 1])) {
      i += 1;
      const line = lines[i];
      if (line !== undefined) block.push(line);
    }
    const last = block.at(-1) ?? first;
    const span = { source, start: first.start, end: last.end };
    const result = readBlock(block, span);
    if ('message' in result) {
      errors.push({ ...result, details: opaExcerpt(source, result.span.start) });
    } else found.push(result);
  }
  return { found, errors };
}

function columnOneComments(source: Source, comments: readonly number[]): Line[] {
  const lines: Line[] = [];
  for (let i = 0; i < comments.length; i += 2) {
    const start = comments[i] ?? 0;
    const end = comments[i + 1] ?? start;
    if (start > 0 && source.text.charCodeAt(start - 1) !== 10) continue;
    const text = source.text.slice(start + 1, end).replace(/\r$/, '');
    lines.push({ start, end, row: rowOf(source, start), text });
  }
  return lines;
}

const isStart = ({ text }: Line): boolean => text.trim().startsWith('METADATA');

const continues = (line: Line | undefined, next: Line | undefined): boolean =>
  line !== undefined && next?.row === line.row + 1 && !isStart(next);

const parseError = (span: Span, message: string): Diagnostic => ({
  severity: 'error',
  code: 'rego_parse_error',
  message,
  span,
  details: [],
});

function readBlock(block: readonly Line[], span: Span): Annotations | Diagnostic {
  const text = block.map((line) => line.text.replace(/^ /, '')).join('\n');
  if (text.trim() === '') return parseError(span, 'expected METADATA block, found whitespace');
  let raw: unknown;
  try {
    raw = parseYaml(text, { maxAliasCount: 100, prettyErrors: false });
  } catch (error) {
    return yamlFault(error, block, span);
  }
  if (raw === null) return { scope: 'rule', span, scopeGiven: false } as Draft;
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    return parseError(span, 'yaml: unmarshal errors: the block must be a mapping of keys');
  }
  const read = new BlockReader(raw as Record<string, unknown>, span);
  return read.fault === undefined ? read.annotations : parseError(span, read.fault);
}

/** The line of a YAML fault is the line of the comment that holds it. */
function yamlFault(error: unknown, block: readonly Line[], span: Span): Diagnostic {
  const words = error instanceof Error ? error.message : String(error);
  const offset = error instanceof YAMLParseError ? error.pos[0] : 0;
  let passed = 0;
  const line = block.find((candidate) => {
    passed += candidate.text.replace(/^ /, '').length + 1;
    return offset < passed;
  });
  const at = line === undefined ? span : { source: span.source, start: line.start, end: line.end };
  return {
    ...parseError(at, `yaml: ${words}`),
    hint: 'A METADATA block is YAML: write `# key: value`, with a space after the colon.',
  };
}

/** A block before it is known what it stands in front of. */
interface Draft extends Annotations {
  readonly scopeGiven?: boolean;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Reads one mapping key by key; the first fault ends it. */
class BlockReader {
  fault: string | undefined;
  readonly #raw: Record<string, unknown>;
  readonly #result: Writable<Draft>;

  constructor(raw: Record<string, unknown>, span: Span) {
    this.#raw = raw;
    const scope = raw['scope'];
    this.#result = {
      scope: (typeof scope === 'string' && scope !== '' ? scope : 'rule') as AnnotationScope,
      scopeGiven: typeof scope === 'string' && scope !== '',
      span,
    };
    this.#read();
  }

  get annotations(): Annotations {
    return this.#result;
  }

  #read(): void {
    const result = this.#result;
    this.#text('title', (text) => (result.title = text));
    this.#text('description', (text) => (result.description = text));
    const entrypoint = this.#raw['entrypoint'];
    if (typeof entrypoint === 'boolean') result.entrypoint = entrypoint;
    else if (entrypoint !== undefined && entrypoint !== null)
      this.#wrong('entrypoint', 'a boolean');
    this.#list('organizations', (items) => (result.organizations = items.map(shown)));
    this.#list('related_resources', (items) => (result.relatedResources = this.#resources(items)));
    this.#list('authors', (items) => (result.authors = this.#authors(items)));
    this.#list('schemas', (items) => (result.schemas = this.#schemas(items)));
    this.#map('compile', (map) => (result.compile = map));
    this.#map('custom', (map) => (result.custom = map));
    this.#map('labels', (map) => (result.labels = map));
  }

  #wrong(key: string, want: string): void {
    this.fault ??= `yaml: unmarshal errors: \`${key}\` must be ${want}`;
  }

  #text(key: string, use: (text: string) => void): void {
    const value = this.#raw[key];
    if (value === undefined || value === null) return;
    // Numbers and booleans are read as the text they were written as.
    if (typeof value === 'string') use(value);
    else if (typeof value === 'number' || typeof value === 'boolean') use(`${value}`);
    else this.#wrong(key, 'a string');
  }

  #list(key: string, use: (items: readonly unknown[]) => void): void {
    const value = this.#raw[key];
    if (value === undefined || value === null) return;
    if (Array.isArray(value)) use(value);
    else this.#wrong(key, 'a list');
  }

  #map(key: string, use: (map: Record<string, unknown>) => void): void {
    const value = this.#raw[key];
    if (value === undefined || value === null) return;
    if (typeof value === 'object' && !Array.isArray(value)) use(value as Record<string, unknown>);
    else this.#wrong(key, 'a mapping');
  }

  #resources(items: readonly unknown[]): { ref: string; description?: string }[] {
    return items.flatMap((item) => {
      if (typeof item === 'string') {
        if (item !== '') return [{ ref: item }];
        this.fault ??= 'invalid related-resource definition : ref URL may not be empty string';
        return [];
      }
      const map = asMap(item);
      const ref = textIn(map, 'ref');
      const description = textIn(map, 'description');
      if (ref !== '') return [{ ref, ...(description === '' ? {} : { description }) }];
      const want =
        map === undefined
          ? 'invalid value type, must be string or map'
          : "'ref' value required in object";
      this.fault ??= `invalid related-resource definition ${shown(item)}: ${want}`;
      return [];
    });
  }

  #authors(items: readonly unknown[]): { name: string; email?: string }[] {
    return items.flatMap((item) => {
      const author = typeof item === 'string' ? authorOf(item) : authorIn(asMap(item));
      if (typeof author !== 'string') return [author];
      this.fault ??= `invalid author definition ${shown(item)}: ${author}`;
      return [];
    });
  }

  #schemas(items: readonly unknown[]): SchemaAnnotation[] {
    return items.flatMap((item): SchemaAnnotation[] => {
      const [pair] = Object.entries(asMap(item) ?? {});
      const path = pair && refParts(pair[0]);
      if (pair === undefined || path === undefined) {
        this.fault ??= 'invalid document reference';
        return [];
      }
      const [key, value] = pair;
      if (typeof value === 'string') {
        const schema = refParts(value);
        if (schema?.[0] === 'schema') return [{ path, schema }];
        this.fault ??= 'invalid schema reference';
        return [];
      }
      if (asMap(value) !== undefined) return [{ path, definition: value }];
      this.fault ??= `invalid schema declaration for path "${key}"`;
      return [];
    });
  }
}

const asMap = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;

function textIn(map: Record<string, unknown> | undefined, key: string): string {
  const value = map?.[key];
  return typeof value === 'string' ? value.trim() : '';
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** "Ada Lovelace <ada@example.com>": the mail address is the last word, if it is in brackets. */
function authorOf(text: string): { name: string; email?: string } | string {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const last = words.at(-1);
  if (last === undefined) return 'author is an empty string';
  if (!/^<.*>$/.test(last)) return { name: words.join(' ') };
  return { name: words.slice(0, -1).join(' '), email: last.slice(1, -1) };
}

function authorIn(
  map: Record<string, unknown> | undefined,
): { name: string; email?: string } | string {
  if (map === undefined) return 'invalid value type, must be string or map';
  const name = textIn(map, 'name');
  const email = textIn(map, 'email');
  if (name === '' && email === '') return "'name' and/or 'email' values required in object";
  return { name, ...(email === '' ? {} : { email }) };
}

/** `input.a["b c"]` as its parts. */
function refParts(text: string): string[] | undefined {
  const parts: string[] = [];
  const part = /^([A-Za-z_]\w*)|\.([A-Za-z_]\w*)|\["((?:[^"\\]|\\.)*)"\]/gy;
  let at = 0;
  for (let match = part.exec(text); match !== null; match = part.exec(text)) {
    parts.push(match[1] ?? match[2] ?? match[3] ?? '');
    at = part.lastIndex;
  }
  return at === text.length && parts.length > 0 ? parts : undefined;
}

export interface Attached {
  readonly annotations: readonly Annotations[];
  readonly package: Package;
  readonly rules: readonly Rule[];
  readonly errors: Diagnostic[];
}

/** Joins each block to the statement that follows it and settles its scope. */
export function attachAnnotations(
  found: readonly Annotations[],
  declared: Package,
  imports: readonly Import[],
  rules: readonly Rule[],
): Attached {
  if (found.length === 0) return { annotations: found, package: declared, rules, errors: [] };
  const statements = [declared, ...imports, ...rules].sort((a, b) => a.span.start - b.span.start);
  const errors: Diagnostic[] = [];
  const settled = found.map((draft) => {
    const target = statements.find(
      ({ span }) =>
        span.start > draft.span.end &&
        rowOf(span.source, span.start) > rowOf(span.source, draft.span.start),
    );
    const annotations = settle(draft, target);
    const error = misplaced(annotations, target);
    if (error !== undefined) errors.push(parseError(annotations.span, error));
    return { annotations, target };
  });
  const ofPackage = settled.filter(({ target }) => target === declared);
  return {
    annotations: settled.map(({ annotations }) => annotations),
    package: { ...declared, annotations: ofPackage.map(({ annotations }) => annotations) },
    rules: rules.map((rule) => withAnnotations(rule, settled)),
    errors,
  };
}

type Target = Package | Import | Rule | undefined;

interface Settled {
  readonly annotations: Annotations;
  readonly target: Target;
}

function settle(draft: Draft, target: Target): Annotations {
  const { scopeGiven, ...annotations } = draft;
  if (scopeGiven === true) return annotations;
  return { ...annotations, scope: impliedScope(annotations, target) };
}

function impliedScope({ entrypoint }: Annotations, target: Target): AnnotationScope {
  switch (target?.kind) {
    case 'rule':
      return entrypoint === true ? 'document' : 'rule';
    case 'package':
      return 'package';
    case 'import':
      // No scope of the language: the check refuses it by this name, as OPA does.
      return 'import' as AnnotationScope;
    default:
      return '' as AnnotationScope;
  }
}

function misplaced({ scope, entrypoint }: Annotations, target: Target): string | undefined {
  const want = { rule: 'rule', document: 'rule', package: 'package', subpackages: 'package' }[
    scope
  ];
  // A scope that is none of the four has no entry.
  if ((want as string | undefined) === undefined) {
    return `invalid annotation scope '${scope}'. Use one of 'rule', 'document', 'package', or 'subpackages'`;
  }
  if (target?.kind !== want) {
    const have = target === undefined ? '' : ` (have ${target.kind})`;
    return `annotation scope '${scope}' must be applied to ${want}${have}`;
  }
  if (entrypoint === true && scope !== 'document' && scope !== 'package') {
    return `annotation entrypoint applied to non-document or package scope '${scope}'`;
  }
  return undefined;
}

/** A `document` block goes to every rule of that name, a `rule` block to the one it stands before. */
function withAnnotations(rule: Rule, settled: readonly Settled[]): Rule {
  const mine = settled.filter(({ annotations, target }) => {
    if (target?.kind !== 'rule') return false;
    if (annotations.scope === 'document') return pathOf(target) === pathOf(rule);
    return target.span.start === rule.span.start && target.span.source === rule.span.source;
  });
  return mine.length === 0
    ? rule
    : { ...rule, annotations: mine.map(({ annotations }) => annotations) };
}

/** The ground beginning of a rule's reference. */
function pathOf({ head }: Rule): string {
  const parts = [head.name];
  for (const part of head.path) {
    if (part.kind !== 'string') break;
    parts.push(part.value);
  }
  return JSON.stringify(parts);
}
