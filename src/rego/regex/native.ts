/**
 * JavaScript's own RegExp is the fastest engine at hand, but it backtracks and its syntax is another
 * one. So a pattern goes there only as a translation of our parse, and only when the number of ways
 * to backtrack is provably small:
 *
 * - a choice whose branches begin with different characters is decided by one look ahead;
 * - a choice that is not may occur outside loops only, and their product is bounded;
 * - one such choice may be an unbounded loop (or the unanchored search itself), if what follows it
 *   has a bounded length.
 *
 * Everything else runs on the automata.
 */
import { ANY_CHAR, type CharSet, disjoint, isAscii, pairs, union } from './charset.ts';
import { canBeEmpty } from './program.ts';
import type { RegexNode } from './syntax.ts';

/** Upper bound of work per character of text. */
const MAX_COST = 2_000;
const MAX_SOURCE_LENGTH = 8_000;

export interface NativeRegex {
  readonly source: string;
  readonly flags: string;
  /** Groups inside loops: JavaScript forgets them on each turn, Go and Rust do not. */
  readonly groupsAgree: boolean;
}

/** What may come after a node. */
interface Follow {
  readonly first: CharSet;
  /** Longest text that can still be matched. */
  readonly length: number;
}

class Analysis {
  /** Product of the ways to go wrong. */
  cost = 1;
  unbounded = 0;
  unsafe = false;

  choose(ways: number): void {
    this.cost *= ways;
    if (this.cost > MAX_COST) this.unsafe = true;
  }

  visit(node: RegexNode, follow: Follow, inLoop: boolean): void {
    if (this.unsafe) return;
    switch (node.kind) {
      case 'concat':
        this.concat(node.items, follow, inLoop);
        return;
      case 'group':
        this.visit(node.node, follow, inLoop);
        return;
      case 'alternate':
        if (!branchesDiffer(node.items, follow)) {
          if (inLoop) this.unsafe = true;
          this.choose(node.items.length);
        }
        for (const item of node.items) this.visit(item, follow, inLoop);
        return;
      case 'repeat':
        this.repeat(node, follow, inLoop);
        return;
      default:
        return;
    }
  }

  concat(items: readonly RegexNode[], follow: Follow, inLoop: boolean): void {
    let after = follow;
    for (const item of items.toReversed()) {
      this.visit(item, after, inLoop);
      after = {
        first: canBeEmpty(item) ? union(firstOf(item), after.first) : firstOf(item),
        length: after.length + lengthOf(item),
      };
    }
  }

  repeat(node: Extract<RegexNode, { kind: 'repeat' }>, follow: Follow, inLoop: boolean): void {
    const body = node.node;
    if (canBeEmpty(body)) {
      this.unsafe = true;
      return;
    }
    const first = firstOf(body);
    const ambiguous = node.min !== node.max && !disjoint(first, follow.first);
    if (ambiguous && inLoop) this.unsafe = true;
    if (ambiguous && node.max === Infinity) {
      this.unbounded++;
      if (follow.length === Infinity || this.unbounded > 1) this.unsafe = true;
      else this.choose(follow.length + 1);
    } else if (ambiguous) this.choose(node.max - node.min + 1);
    const again = { first: union(first, follow.first), length: Infinity };
    this.visit(body, again, inLoop || node.max > 1);
  }
}

/** Each branch can be told by its first character, counting what follows an empty one. */
function branchesDiffer(items: readonly RegexNode[], follow: Follow): boolean {
  let seen: CharSet = [];
  for (const item of items) {
    const first = canBeEmpty(item) ? union(firstOf(item), follow.first) : firstOf(item);
    if (!disjoint(seen, first)) return false;
    seen = union(seen, first);
  }
  return true;
}

function firstOf(node: RegexNode): CharSet {
  switch (node.kind) {
    case 'set':
      return node.set;
    case 'concat': {
      let first: CharSet = [];
      for (const item of node.items) {
        first = union(first, firstOf(item));
        if (!canBeEmpty(item)) break;
      }
      return first;
    }
    case 'alternate':
      return union(...node.items.map(firstOf));
    case 'repeat':
    case 'group':
      return firstOf(node.node);
    default:
      return [];
  }
}

function lengthOf(node: RegexNode): number {
  switch (node.kind) {
    case 'set':
      return 1;
    case 'concat':
      return node.items.reduce((sum, item) => sum + lengthOf(item), 0);
    case 'alternate':
      return node.items.reduce((most, item) => Math.max(most, lengthOf(item)), 0);
    case 'repeat': {
      const length = lengthOf(node.node);
      return length === 0 ? 0 : length * node.max;
    }
    case 'group':
      return lengthOf(node.node);
    default:
      return 0;
  }
}

function isAnchored(node: RegexNode): boolean {
  switch (node.kind) {
    case 'assert':
      return node.assert === 'text-start';
    case 'concat':
      return node.items[0] !== undefined && isAnchored(node.items[0]);
    case 'alternate':
      return node.items.every(isAnchored);
    case 'group':
      return isAnchored(node.node);
    default:
      return false;
  }
}

/** undefined: not provably cheap, or not expressible. */
export function toNative(root: RegexNode): NativeRegex | undefined {
  const analysis = new Analysis();
  if (!isAnchored(root)) {
    // The search tries every start: one unbounded choice in front of everything.
    const length = lengthOf(root);
    if (length > MAX_COST) return undefined;
    analysis.unbounded = 1;
    analysis.choose(length + 1);
  }
  analysis.visit(root, { first: [], length: 0 }, false);
  if (analysis.unsafe) return undefined;
  const writer = new Writer();
  writer.write(root);
  const source = writer.parts.join('');
  if (writer.unsupported || source.length > MAX_SOURCE_LENGTH) return undefined;
  return { source, flags: writer.wide ? 'u' : '', groupsAgree: !hasLoopedGroup(root, false) };
}

function hasLoopedGroup(node: RegexNode, inLoop: boolean): boolean {
  switch (node.kind) {
    case 'group':
      return inLoop || hasLoopedGroup(node.node, inLoop);
    case 'repeat':
      return hasLoopedGroup(node.node, inLoop || node.max > 1);
    case 'concat':
    case 'alternate':
      return node.items.some((item) => hasLoopedGroup(item, inLoop));
    default:
      return false;
  }
}

const ASSERT_SOURCE: Readonly<Record<string, string>> = {
  'text-start': '^',
  'text-end': '$',
  'line-start': '(?<![^\\n])',
  'line-end': '(?![^\\n])',
  'word-boundary': '\\b',
  'not-word-boundary': '\\B',
};

/** Writes JavaScript source from the parse; every character is escaped, nothing is copied. */
class Writer {
  readonly parts: string[] = [];
  /** Some set reaches beyond ASCII: match code points, not UTF-16 units. */
  wide = false;
  unsupported = false;

  write(node: RegexNode): void {
    switch (node.kind) {
      case 'empty':
        this.parts.push('(?:)');
        return;
      case 'set':
        this.set(node.set);
        return;
      case 'assert': {
        const source = ASSERT_SOURCE[node.assert];
        const boundary = node.assert.includes('word');
        if (source === undefined || (boundary && node.unicode)) this.unsupported = true;
        else this.parts.push(source);
        return;
      }
      case 'concat':
        for (const item of node.items) this.write(item);
        return;
      case 'group':
        this.bracket('(', node.node);
        return;
      case 'alternate':
        this.parts.push('(?:');
        node.items.forEach((item, i) => {
          if (i > 0) this.parts.push('|');
          this.write(item);
        });
        this.parts.push(')');
        return;
      case 'repeat': {
        this.bracket('(?:', node.node);
        const max = node.max === Infinity ? '' : String(node.max);
        this.parts.push(`{${node.min},${max}}`, node.greedy ? '' : '?');
      }
    }
  }

  bracket(open: string, node: RegexNode): void {
    if (open === '(?:' && node.kind === 'set') {
      this.write(node);
      return;
    }
    this.parts.push(open);
    this.write(node);
    this.parts.push(')');
  }

  set(set: CharSet): void {
    if (!isAscii(set)) this.wide = true;
    const [low, high] = set;
    if (set.length === 2 && low === high && low !== undefined) {
      this.parts.push(char(low));
      return;
    }
    if (set === ANY_CHAR) {
      this.parts.push('[^]');
      return;
    }
    const ranges = pairs(set).map(([a, b]) => (a === b ? char(a) : `${char(a)}-${char(b)}`));
    this.parts.push('[', ...ranges, ']');
  }
}

function char(point: number): string {
  if (point > 0xffff) return `\\u{${point.toString(16)}}`;
  const text = String.fromCodePoint(point);
  return /^[A-Za-z0-9]$/.test(text) ? text : `\\u${point.toString(16).padStart(4, '0')}`;
}
