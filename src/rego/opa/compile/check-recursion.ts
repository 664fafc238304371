/** Rules and functions that may read themselves, with the shortest way round. */
import type { Pass } from './pass.ts';
import { ruleText } from './path-tree.ts';
import { components, ruleGraph, type Vertex } from './rule-graph.ts';

/** More than any list of errors shows; finding each way round costs a search. */
const MAX_REPORTS = 20;

export const checkRecursion: Pass = {
  name: 'check-recursion',
  run(policy, sink) {
    const graph = ruleGraph(policy);
    const group = new Map<Vertex, ReadonlySet<Vertex>>();
    for (const members of components(graph)) {
      const own = new Set(members);
      for (const member of members) group.set(member, own);
    }
    let reports = 0;
    for (const vertex of graph.vertices) {
      const own = group.get(vertex);
      if (own === undefined || vertex.rule === undefined || vertex.span === undefined) continue;
      if (own.size === 1 && !vertex.edges.has(vertex)) continue;
      const way = wayRound(vertex, own);
      if (way === undefined || ++reports > MAX_REPORTS) continue;
      const names = way.flatMap(({ rule }) => (rule === undefined ? [] : [ruleText(rule)]));
      const message = `rule ${ruleText(vertex.rule)} is recursive: ${names.join(' -> ')}`;
      sink.error('rego_recursion_error', vertex.span, message);
    }
  },
};

/** The shortest path from a vertex back to itself, both ends included. */
function wayRound(start: Vertex, group: ReadonlySet<Vertex>): readonly Vertex[] | undefined {
  const from = new Map<Vertex, Vertex>();
  const queue = [start];
  for (const vertex of queue) {
    for (const next of vertex.edges) {
      if (next === start) {
        const way = [start];
        for (let at = vertex; at !== start; at = from.get(at) ?? start) way.push(at);
        return [...way, start].reverse();
      }
      if (!group.has(next) || from.has(next)) continue;
      from.set(next, vertex);
      queue.push(next);
    }
  }
  return undefined;
}
