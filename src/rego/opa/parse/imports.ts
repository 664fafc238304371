/** Packages and imports of OPA's grammar. */
import type { FutureKeyword, Import, Package, Term } from '../../ast.ts';
import { Tok } from '../../lexer.ts';
import type { OpaParser } from './parser.ts';
import { isRoot, parseTerm, takeVar, valueName } from './terms.ts';

const ROOTS: ReadonlySet<string> = new Set(['data', 'future', 'input', 'rego']);
const FUTURE_KEYWORDS: readonly FutureKeyword[] = ['contains', 'every', 'if', 'in', 'not'];
const V0_KEYWORDS: readonly FutureKeyword[] = ['contains', 'every', 'if', 'in'];

/** A keyword before `.` or `[` without a blank is a name, and the statement something else. */
function isReference(p: OpaParser): boolean {
  return !p.lex.spaced && (p.tok === Tok.Dot || p.tok === Tok.LBrack);
}

/** package = "package" name ( "." name | "[" string "]" )* */
export function parsePackage(p: OpaParser): Package | undefined {
  if (p.tok !== Tok.Package) return undefined;
  const { start } = p.lex;
  p.next();
  if (isReference(p)) return undefined;
  if (!p.nameOrKeyword()) {
    p.illegal();
    return undefined;
  }
  const term = parseTerm(p);
  if (term === undefined) return undefined;
  const path = packagePath(p, term);
  return path && { kind: 'package', path, annotations: [], span: p.span(start) };
}

function packagePath(p: OpaParser, term: Term): string[] | undefined {
  if (term.kind === 'var') return [term.name];
  if (term.kind !== 'ref') {
    p.illegal();
    return undefined;
  }
  const { head } = term;
  if (head.kind !== 'var') {
    p.error(head.span.start, `unexpected ${valueName(head)} token: expecting var`);
    return undefined;
  }
  const rest = strings(p, term.path);
  return rest && [head.name, ...rest];
}

function strings(p: OpaParser, parts: readonly Term[]): string[] | undefined {
  const texts: string[] = [];
  for (const part of parts) {
    if (part.kind !== 'string') {
      p.error(part.span.start, `unexpected ${valueName(part)} token: expecting string`);
      return undefined;
    }
    texts.push(part.value);
  }
  return texts;
}

/** import = "import" path ( "as" var )? */
export function parseImport(p: OpaParser): Import | undefined {
  if (p.tok !== Tok.Import) return undefined;
  const { start } = p.lex;
  p.next();
  if (isReference(p)) return undefined;
  if (!p.nameOrKeyword()) {
    p.illegal();
    return undefined;
  }
  // Keywords are names in the path, even those that are in force already.
  p.lex.plainNames = true;
  const term = parseTerm(p);
  p.lex.plainNames = false;
  const path = importPath(p, term);
  if (term === undefined || path === undefined) return undefined;
  const [root = ''] = path;
  if (!ROOTS.has(root)) {
    p.hint('if this is unexpected, try updating OPA');
    const roots = '{data, future, input, rego}';
    const words = `unexpected import path, must begin with one of: ${roots}, got: ${root}`;
    p.error(term.span.start, words);
    return undefined;
  }
  const imported = { kind: 'import', path, pathSpan: term.span } as const;
  if (p.tok === Tok.As) {
    const alias = parseAlias(p);
    return alias && { ...imported, alias, name: alias.name, span: p.span(start) };
  }
  checkLastPart(p, term, path);
  const bound = root === 'future' || root === 'rego' ? undefined : path.at(-1);
  return { ...imported, name: bound, span: p.span(start) };
}

function importPath(p: OpaParser, term: Term | undefined): string[] | undefined {
  if (term?.kind === 'var') return [term.name];
  if (term?.kind === 'ref' && term.head.kind === 'var') {
    const rest = strings(p, term.path);
    return rest && [term.head.name, ...rest];
  }
  p.error(p.onBlank ? p.lex.prevEnd : p.lex.start, 'expected path');
  return undefined;
}

/** "as" var */
function parseAlias(p: OpaParser): Import['alias'] {
  p.next();
  if (p.tok !== Tok.Ident) {
    p.illegal('expected var');
    return undefined;
  }
  const name = takeVar(p);
  const term = parseTerm(p);
  // `input` and `data` are references.
  if (term?.kind === 'var' && !isRoot(term)) return name;
  p.illegal('expected var');
  return undefined;
}

/** A path may not end in a keyword, since the import could not be used. */
function checkLastPart(p: OpaParser, term: Term, path: readonly string[]): void {
  const [root = ''] = path;
  const name = path.at(-1) ?? root;
  if (path.length > 1 && root === 'future') return;
  if (!isKeywordName(p, name)) return;
  p.hint('import a different path or use an alias');
  const last = term.kind === 'ref' ? term.path.at(-1) : term;
  const at = last?.span.start ?? term.span.start;
  p.error(at, `unexpected import path, must not end with a keyword, got: ${name}`);
}

const RESERVED: ReadonlySet<string> = new Set(
  'not package import as default else with null true false some'.split(' '),
);

function isKeywordName(p: OpaParser, name: string): boolean {
  return (
    RESERVED.has(name) || (p.version === 'v1' && V0_KEYWORDS.some((keyword) => keyword === name))
  );
}

/** Puts the keywords of `rego.v1` and `future.keywords` in force. Says whether v1 is now wanted. */
export function turnOnKeywords(p: OpaParser, imported: Import): boolean {
  const [root, second] = imported.path;
  if (root === 'rego') return turnOnV1(p, imported);
  if (root !== 'future') return false;
  const at = imported.pathSpan.start;
  if (second !== 'keywords') p.error(at, 'invalid import, must be `future.keywords`');
  else if (imported.alias !== undefined) p.error(at, '`future` imports cannot be aliased');
  else turnOnFuture(p, imported);
  return false;
}

function turnOnFuture(p: OpaParser, { path, pathSpan }: Import): void {
  const [, , name] = path;
  let wanted = FUTURE_KEYWORDS;
  if (name !== undefined && path.length === 3) {
    wanted = FUTURE_KEYWORDS.filter((keyword) => keyword === name);
    if (wanted.length === 0) {
      const known = FUTURE_KEYWORDS.join(' ');
      p.error(pathSpan.start, `unexpected keyword, must be one of [${known}]`);
      return;
    }
    if (name === 'not') p.notBodies = true;
  }
  for (const keyword of wanted) p.addKeyword(keyword);
}

function turnOnV1(p: OpaParser, { path, pathSpan, alias }: Import): boolean {
  const at = pathSpan.start;
  if (path.length !== 2 || path[1] !== 'v1') {
    p.error(at, `invalid import \`${path.join('.')}\`, must be \`rego.v1\``);
    return false;
  }
  if (p.version === 'v1') return false;
  if (alias !== undefined) {
    p.error(at, '`rego` imports cannot be aliased');
    return false;
  }
  for (const keyword of V0_KEYWORDS) p.addKeyword(keyword);
  return true;
}
