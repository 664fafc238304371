/** What a default rule may say in OPA's grammar. */
import type { Term } from '../../ast.ts';
import type { HeadDraft } from './heads.ts';
import type { OpaParser } from './parser.ts';
import { isRoot, valueName } from './terms.ts';

/** Value: literals and comprehensions. Arguments: variables, each once. Reports and says whether it holds. */
export function checkDefault(p: OpaParser, draft: HeadDraft, start: number): boolean {
  const { value, args, path, usesContains } = draft;
  const before = p.errors.length;
  const refuse = (what: string): void => p.error(start, `illegal default rule (${what})`);
  // Anything but `default p[k]` means `true` without a value.
  if (value !== undefined) checkValue(value, refuse);
  else if (usesContains || (path.length === 1 && (args ?? []).length === 0)) {
    refuse('must have a value');
  }
  if (p.errors.length === before && args !== undefined) checkArguments(args, refuse);
  return p.errors.length === before;
}

function checkValue(term: Term, refuse: (what: string) => void): void {
  switch (term.kind) {
    case 'var':
    case 'ref':
    case 'call':
    case 'unary':
      refuse(`value cannot contain ${valueName(term)}`);
      return;
    case 'array':
    case 'set':
      for (const item of term.items) checkValue(item, refuse);
      return;
    case 'object':
      term.keys.forEach((key, i) => {
        checkValue(key, refuse);
        const value = term.values[i];
        if (value !== undefined) checkValue(value, refuse);
      });
      return;
    case 'template':
      for (const part of term.parts) if (typeof part !== 'string') checkPart(part.term, refuse);
      return;
    default:
  }
}

/** OPA sees the operator of a call that is a whole expression as a reference of its own. */
function checkPart(term: Term, refuse: (what: string) => void): void {
  if (term.kind !== 'call') {
    checkValue(term, refuse);
    return;
  }
  refuse('value cannot contain ref');
  for (const arg of term.args) checkValue(arg, refuse);
}

function checkArguments(args: readonly Term[], refuse: (what: string) => void): void {
  const seen = new Set<string>();
  for (const arg of args) {
    if (arg.kind !== 'var' || isRoot(arg)) refuse(`arguments cannot contain ${valueName(arg)}`);
    else if (arg.name !== '_' && seen.has(arg.name)) {
      refuse(`arguments cannot be repeated ${arg.name}`);
    } else seen.add(arg.name);
  }
}
