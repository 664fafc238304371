/**
 * Which keys and tables a document has defined so far, and what may not be defined again.
 * Source: pelletier/go-toml v2.1.0 internal/tracker/seen.go, whose texts these are (one of them
 * with its two words exchanged).
 */
import type { Expression, KeyValue, TableHeader, TomlValue } from './parse.ts';
import { GoTomlError, utf8 } from './scan.ts';

type EntryKind = 'value' | 'table' | 'array table';

interface Entry {
  readonly children: Map<string, Entry>;
  kind: EntryKind;
  explicit: boolean;
  /** Made by a dotted key; becomes explicit when the next table begins. */
  fromKey: boolean;
}

const entry = (kind: EntryKind, explicit = false, fromKey = false): Entry => ({
  children: new Map(),
  kind,
  explicit,
  fromKey,
});

export class DefinedKeys {
  readonly #root = entry('table');
  #current = this.#root;

  /** Throws when the expression defines something twice. */
  check(expression: Expression): void {
    if (expression.kind === 'key-value') this.#checkKeyValue(expression);
    else this.#checkHeader(expression);
  }

  #checkHeader({ kind, key, at }: TableHeader): void {
    closeDottedKeys(this.#current);
    let parent = this.#root;
    for (const name of key.slice(0, -1)) {
      const found = parent.children.get(name) ?? entry('table');
      if (found.kind === 'value') throw notATable(name, found, at);
      parent.children.set(name, found);
      parent = found;
    }
    const name = key.at(-1) ?? '';
    const found = parent.children.get(name);
    if (found && kind === 'table') openAgain(found, name, at);
    else if (found) emptyArrayTable(found, name, at);
    this.#current = found ?? entry(kind === 'table' ? 'table' : 'array table', true);
    parent.children.set(name, this.#current);
  }

  #checkKeyValue({ key, value, at }: KeyValue): void {
    let parent = this.#current;
    for (const [i, name] of key.entries()) {
      const found = parent.children.get(name);
      if (found) assertExtendable(found, { name, at, isLast: i === key.length - 1 });
      const next = found ?? entry('table', false, true);
      parent.children.set(name, next);
      parent = next;
    }
    parent.kind = 'value';
    checkInside(value);
  }
}

function openAgain(found: Entry, name: string, at: number): void {
  if (found.kind !== 'table') {
    throw new GoTomlError(`toml: key ${utf8(name)} should be a table, not a ${found.kind}`, at);
  }
  if (found.explicit) throw new GoTomlError(`toml: table ${utf8(name)} already exists`, at);
  found.explicit = true;
}

function emptyArrayTable(found: Entry, name: string, at: number): void {
  if (found.kind !== 'array table') {
    const text = `toml: key ${found.kind} already exists as a ${utf8(name)},  but should be an array table`;
    throw new GoTomlError(text, at);
  }
  found.children.clear();
}

interface Step {
  readonly name: string;
  readonly at: number;
  readonly isLast: boolean;
}

function assertExtendable(found: Entry, { name, at, isLast }: Step): void {
  if (isLast) throw new GoTomlError(`toml: key ${utf8(name)} is already defined`, at);
  if (found.kind !== 'table') throw notATable(name, found, at);
  if (found.explicit) {
    const text = `toml: cannot redefine table ${utf8(name)} that has already been explicitly defined`;
    throw new GoTomlError(text, at);
  }
}

const notATable = (name: string, { kind }: Entry, at: number): GoTomlError =>
  new GoTomlError(`toml: expected ${utf8(name)} to be a table, not a ${kind}`, at);

/** Tables made by dotted keys are complete once another table begins. */
function closeDottedKeys(parent: Entry): void {
  for (const child of parent.children.values()) {
    if (child.fromKey) {
      child.explicit = true;
      child.fromKey = false;
    }
    closeDottedKeys(child);
  }
}

function checkInside(value: TomlValue): void {
  if (value.kind === 'array') value.items.forEach(checkInside);
  else if (value.kind === 'inline-table') {
    const inner = new DefinedKeys();
    for (const item of value.entries) inner.check(item);
  }
}
