/**
 * Which definitions a definition may read. Every branch (a rule, or one of its `else`) is a vertex;
 * so are tree nodes with everything below them, which keeps `data.pkg[x]` in large packages at one
 * edge instead of one per rule.
 */
import type { RefTerm, Term } from '../../ast.ts';
import type { Span } from '../../source.ts';
import { mapKey } from '../../value.ts';
import { type PathNode, pathTree } from './path-tree.ts';
import { calleePath, type Branch, type Policy, type ResolvedRule } from '../../compile/policy.ts';
import { walkBranch } from './resolved-walk.ts';
import { termValue } from './term-value.ts';
import { type Visitor, walkTerms } from '../../compile/walk.ts';

export interface Vertex {
  /** Absent on vertices that only gather others. */
  readonly rule?: ResolvedRule;
  readonly branch?: Branch;
  readonly span?: Span;
  readonly edges: Set<Vertex>;
}

export interface RuleGraph {
  readonly vertices: readonly Vertex[];
}

export function ruleGraph(policy: Policy): RuleGraph {
  return new GraphBuilder(pathTree(policy)).build(policy);
}

class GraphBuilder {
  readonly #tree: PathNode;
  readonly #own = new Map<PathNode, Vertex>();
  readonly #subtrees = new Map<PathNode, Vertex>();
  readonly #byRule = new Map<ResolvedRule, Vertex[]>();

  constructor(tree: PathNode) {
    this.#tree = tree;
  }

  build(policy: Policy): RuleGraph {
    const vertices: Vertex[] = [];
    for (const rule of policy.rules) {
      const own = rule.branches.map((branch, i): Vertex => {
        const span = i === 0 ? rule.source.span : branch.span;
        return { rule, branch, span, edges: new Set() };
      });
      this.#byRule.set(rule, own);
      vertices.push(...own);
    }
    for (const vertex of vertices) this.#connect(vertex);
    return { vertices };
  }

  #connect({ rule, branch, edges }: Vertex): void {
    if (rule === undefined || branch === undefined) return;
    const reads = (path: readonly Term[]): void => {
      this.#read(this.#tree, path, 0, edges);
    };
    const readsName = (name: string, term: Term): void => {
      const path = calleePath(name);
      if (path === undefined) return;
      reads(path.map((value) => ({ kind: 'string', value, raw: false, span: term.span })));
    };
    const visitor: Visitor = {
      term(term) {
        if (term.kind === 'ref' && isData(term)) {
          reads(term.path);
          walkTerms(term.path, visitor);
          return false;
        }
        if (term.kind === 'var' && term.name === 'data') reads([]);
        else if (term.kind === 'call') readsName(term.name, term);
        return undefined;
      },
      with({ target }) {
        if (target.kind === 'var') readsName(target.name, target);
        return undefined;
      },
    };
    walkBranch(rule, branch, visitor);
  }

  /** Adds what a reference from `node` on may reach, its path read from part `index`. */
  #read(node: PathNode, path: readonly Term[], index: number, into: Set<Vertex>): void {
    if (path.slice(index).every((part) => termValue(part) === undefined)) {
      into.add(this.#subtree(node));
      return;
    }
    const part = path[index];
    if (part === undefined) return;
    const key = termValue(part);
    if (key === undefined) {
      for (const child of node.children.values()) {
        into.add(this.#rules(child));
        this.#read(child, path, index + 1, into);
      }
      return;
    }
    const child = node.children.get(mapKey(key));
    if (child === undefined) return;
    // Rules with computed parts live at their constant front and may reach further down.
    into.add(this.#rules(child));
    this.#read(child, path, index + 1, into);
  }

  #rules(node: PathNode): Vertex {
    let vertex = this.#own.get(node);
    if (vertex === undefined) {
      vertex = { edges: new Set(node.rules.flatMap((rule) => this.#byRule.get(rule) ?? [])) };
      this.#own.set(node, vertex);
    }
    return vertex;
  }

  #subtree(node: PathNode): Vertex {
    let vertex = this.#subtrees.get(node);
    if (vertex === undefined) {
      vertex = { edges: new Set([this.#rules(node)]) };
      this.#subtrees.set(node, vertex);
      for (const child of node.children.values()) vertex.edges.add(this.#subtree(child));
    }
    return vertex;
  }
}

const isData = (ref: RefTerm): boolean => ref.head.kind === 'var' && ref.head.name === 'data';

/**
 * Groups of vertices that reach one another, what they depend on first (Tarjan, without recursion:
 * policies may chain thousands of rules).
 */
export function components({ vertices }: RuleGraph): readonly (readonly Vertex[])[] {
  const found: Vertex[][] = [];
  const index = new Map<Vertex, number>();
  const low = new Map<Vertex, number>();
  const open = new Set<Vertex>();
  const stack: Vertex[] = [];
  for (const root of vertices) {
    if (index.has(root)) continue;
    const work: { vertex: Vertex; rest: Iterator<Vertex> }[] = [];
    const enter = (vertex: Vertex): void => {
      index.set(vertex, index.size);
      low.set(vertex, index.size - 1);
      stack.push(vertex);
      open.add(vertex);
      work.push({ vertex, rest: vertex.edges.values() });
    };
    enter(root);
    for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
      const { vertex, rest } = top;
      const next = rest.next();
      if (next.done !== true) {
        const target = next.value;
        if (!index.has(target)) enter(target);
        else if (open.has(target)) lower(low, vertex, index.get(target));
        continue;
      }
      work.pop();
      const above = work.at(-1);
      if (above !== undefined) lower(low, above.vertex, low.get(vertex));
      if (low.get(vertex) !== index.get(vertex)) continue;
      const group = stack.splice(stack.indexOf(vertex));
      for (const member of group) open.delete(member);
      found.push(group);
    }
  }
  return found;
}

function lower(low: Map<Vertex, number>, vertex: Vertex, to: number | undefined): void {
  const now = low.get(vertex);
  if (to !== undefined && now !== undefined && to < now) low.set(vertex, to);
}
