/** Modules of regorus' grammar: package, imports, rules, and the limits on the whole text. */
import type { FutureKeyword, Import, Module, Package, ParseLimits, Rule } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import { regorusMessage, regorusPosition, lineStarts, utf8Length } from '../../position.ts';
import type { Source } from '../../source.ts';
import { RegorusSyntaxError } from './failure.ts';
import { type RegorusOptions, RegorusParser } from './parser.ts';
import { type Component, components, parsePathRef } from './paths.ts';
import { parseRule } from './rules.ts';
import { parseVar } from './terms.ts';

const FUTURE_KEYWORDS: readonly FutureKeyword[] = ['contains', 'every', 'if', 'in'];

/** A parser on the first token of a text within the limits. */
export function openRegorusParser(source: Source, options: RegorusOptions): RegorusParser {
  checkSize(source, options.limits);
  const p = new RegorusParser(source, options);
  if (options.v1) for (const keyword of FUTURE_KEYWORDS) p.future.set(keyword, undefined);
  return p;
}

function checkSize(source: Source, { maxLength, maxLines }: ParseLimits): void {
  const { name, text } = source;
  const refuse = (words: string): never => {
    throw new RegorusSyntaxError(0, words, () => words);
  };
  // The engine counts bytes; a UTF-16 unit is three at most.
  if (text.length * 3 > maxLength && utf8Length(text, 0, text.length) > maxLength) {
    refuse(`${name} exceeds maximum allowed policy file size ${maxLength} bytes`);
  }
  if (lineStarts(source).length > maxLines) {
    refuse(`${name} exceeds maximum allowed line count ${maxLines}`);
  }
}

/** module = package import* rule* */
export function parseRegorusModule(p: RegorusParser): Module {
  const { start } = p.lex;
  const declaration = parsePackage(p);
  const imports = parseImports(p);
  parseTarget(p);
  const rules: Rule[] = [];
  while (p.tok !== Tok.Eof) {
    for (const rule of parseRule(p)) rules.push(rule);
    if (p.tok === Tok.Ident && p.lex.lit() === TARGET) {
      throw p.fail(`${TARGET} must be defined before any rules`);
    }
  }
  return {
    package: declaration,
    imports,
    rules,
    comments: [],
    annotations: [],
    regoVersion: p.v1 ? 'v1' : 'v0',
    keywords: [...p.future.keys()],
    span: p.span(start),
  };
}

/** package = "package" path */
function parsePackage(p: RegorusParser): Package {
  const { start } = p.lex;
  p.expect(Tok.Package, 'package', 'Missing package declaration.');
  const path = components(parsePathRef(p)).map((part) => part.text);
  return { kind: 'package', path, annotations: [], span: p.span(start) };
}

const TARGET = '__target__';

/** target = "__target__" ":=" string ; an extension for Azure policies that has no effect here */
function parseTarget(p: RegorusParser): void {
  if (p.tok !== Tok.Ident || p.lex.lit() !== TARGET) return;
  p.next();
  if (p.tok !== Tok.Assign) throw p.fail(`expected ':=' after ${TARGET}`);
  p.next();
  if (p.tok !== Tok.String) throw p.fail('expected string literal');
  p.next();
  p.v1 = true;
}

const ROOTS: ReadonlySet<string> = new Set(['data', 'future', 'input', 'rego']);

interface RegorusImport extends Import {
  readonly parts: readonly Component[];
}

/** import* = ( "import" path ( "as" var )? )* */
function parseImports(p: RegorusParser): Import[] {
  const imports: RegorusImport[] = [];
  while (p.tok === Tok.Import) {
    const { start } = p.lex;
    p.next();
    const path = parsePathRef(p);
    const parts = components(path);
    const [root, second] = parts;
    if (root === undefined || !ROOTS.has(root.text)) {
      throw p.failAt(
        root?.at ?? start,
        'import path must begin with one of: {data, future, input, rego}',
      );
    }
    const isKeyword = turnOnKeywords(p, parts, start);
    if (isKeyword && p.tok === Tok.As) throw p.fail('`future` imports cannot be aliased');
    const alias = p.tok === Tok.As ? parseAlias(p) : undefined;
    const isFuture = root.text === 'future' && second?.text === 'keywords';
    const added: RegorusImport = {
      kind: 'import',
      path: parts.map((part) => part.text),
      ...(alias === undefined ? {} : { alias }),
      name: isKeyword || isFuture ? undefined : (alias?.name ?? parts.at(-1)?.text),
      pathSpan: path.span,
      span: p.span(start),
      parts,
    };
    if (!isFuture) checkShadow(p, imports, added);
    imports.push(added);
  }
  return imports.map(({ parts: _parts, ...rest }) => rest);
}

/** "as" var */
function parseAlias(p: RegorusParser): Import['alias'] {
  p.next();
  const alias = parseVar(p);
  if (alias.name === '_') throw p.failAt(alias.span.start, '`_` cannot be used as alias');
  return alias;
}

/** `rego.v1` and `future.keywords`: says whether the import is one of these. */
function turnOnKeywords(p: RegorusParser, parts: readonly Component[], start: number): boolean {
  const [root, second, third, fourth] = parts;
  if (parts.length === 2 && root?.text === 'rego' && second?.text === 'v1') {
    p.v1 = true;
    for (const keyword of FUTURE_KEYWORDS) turnOn(p, keyword, start);
    return true;
  }
  if (root?.text !== 'future') return false;
  if (second?.text !== 'keywords') {
    throw p.failAt(root.at, 'invalid import, must be `future.keywords`');
  }
  if (fourth !== undefined) throw p.failAt(fourth.at, 'invalid future keyword', -1);
  if (third === undefined) for (const keyword of FUTURE_KEYWORDS) turnOn(p, keyword, second.at);
  // Any third name is taken; one that is no keyword has no effect but that a repetition is refused.
  else turnOn(p, third.text as FutureKeyword, third.at);
  return true;
}

function turnOn(p: RegorusParser, keyword: FutureKeyword, at: number): void {
  const before = p.future.get(keyword);
  if (p.v1 && before !== undefined) {
    const earlier = regorusMessage(
      p.source,
      regorusPosition(p.source, before),
      '',
      'this import is shadowed.',
    );
    throw p.failAt(
      at,
      `this import shadows previous import of \`${keyword}\` defined at:${earlier}`,
    );
  }
  p.future.set(keyword, at);
  if (keyword === 'every' && !p.v1) p.future.set('in', at);
}

/** The same path twice, or the same alias twice. A path and an alias of that name may live together. */
function checkShadow(
  p: RegorusParser,
  imports: readonly RegorusImport[],
  added: RegorusImport,
): void {
  const same = (other: RegorusImport): boolean => {
    if (other.alias !== undefined || added.alias !== undefined) {
      return other.alias?.name === added.alias?.name;
    }
    return other.path.join('\0') === added.path.join('\0');
  };
  const earlier = imports.find(same);
  if (earlier === undefined) return;
  const place = regorusPosition(p.source, earlier.span.start);
  const note = regorusMessage(p.source, place, '', 'this import is shadowed');
  throw p.failAt(added.span.start, `import shadows following import defined earlier:${note}`);
}
