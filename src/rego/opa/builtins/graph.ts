/** Graphs as objects from a node to its neighbours, and every node of a value. */
import { RegoObject, RegoSet, SetBuilder, type Value } from '../../value.ts';
import { type BuiltinContext, defineBuiltin } from '../../builtins/define.ts';
import { elementsOf } from '../../builtins/operands.ts';

type Nodes = readonly Value[] | RegoSet;

const GRAPH = 'object[any: any<array[any], set[any]>]';
const NODES = 'any<array[any], set[any]>';

/** Neighbours of a node; undefined: the node is not in the graph. Anything but a list is no edges. */
function edgesOf(
  context: BuiltinContext,
  graph: RegoObject,
  node: Value,
): readonly Value[] | undefined {
  const edges = graph.get(node);
  if (edges === undefined) return undefined;
  const isList = Array.isArray(edges) || edges instanceof RegoSet;
  return isList ? elementsOf(context, edges as Nodes) : [];
}

function reachable(context: BuiltinContext, graph: RegoObject, initial: Nodes): RegoSet {
  const queue = [...elementsOf(context, initial)];
  const reached = new SetBuilder();
  // The queue grows while it is read.
  for (const node of queue) {
    const edges = edgesOf(context, graph, node);
    if (edges === undefined || !reached.add(node)) continue;
    context.charge(edges.length + 1);
    queue.push(...edges);
  }
  return reached.build();
}

/** Paths end where the graph does, where a cycle closes, or where a node is not in the graph. */
class PathFinder {
  readonly paths = new SetBuilder();
  readonly #context: BuiltinContext;
  readonly #graph: RegoObject;

  constructor(context: BuiltinContext, graph: RegoObject) {
    this.#context = context;
    this.#graph = graph;
  }

  start(node: Value): void {
    const edges = edgesOf(this.#context, this.#graph, node);
    if (edges === undefined) return;
    if (edges.length === 0) this.paths.add([node]);
    for (const next of edges) this.#walk(next, [node], RegoSet.of([node]));
  }

  #walk(node: Value, path: readonly Value[], seen: RegoSet): void {
    const edges = edgesOf(this.#context, this.#graph, node);
    this.#context.charge(path.length + 1);
    if (edges === undefined) {
      this.paths.add(path);
      return;
    }
    const longer = [...path, node];
    if (edges.length === 0) {
      this.paths.add(longer);
      return;
    }
    const reached = RegoSet.of([...seen.values(), node]);
    for (const next of edges) {
      if (reached.has(next)) this.paths.add(longer);
      else this.#walk(next, longer, reached);
    }
  }
}

/** [path, value] of the value itself and of all below it, parents first. */
function* nodes(context: BuiltinContext, value: Value, path: readonly Value[]): Generator<Value> {
  context.charge(path.length + 1);
  yield [path, value];
  if (Array.isArray(value)) {
    const items = value as readonly Value[];
    for (let i = 0; i < items.length; i++) yield* nodes(context, items[i] ?? null, [...path, i]);
  } else if (value instanceof RegoSet) {
    for (const item of value.members(context.profile.order)) {
      yield* nodes(context, item, [...path, item]);
    }
  } else if (value instanceof RegoObject) {
    for (const key of value.keys(context.profile.order)) {
      yield* nodes(context, value.get(key) ?? null, [...path, key]);
    }
  }
}

export const graphs = [
  defineBuiltin({
    name: 'graph.reachable',
    summary: 'Nodes of the graph that can be reached from the start nodes.',
    args: [GRAPH, NODES],
    wanted: { 2: '{array, set}' },
    result: 'set[any]',
    impl(graph: RegoObject, initial: Nodes) {
      return reachable(this, graph, initial);
    },
  }),
  defineBuiltin({
    name: 'graph.reachable_paths',
    summary: 'Paths from the start nodes to where they end or close a cycle.',
    args: [GRAPH, NODES],
    wanted: { 2: '{array, set}' },
    result: 'set[array[any]]',
    impl(graph: RegoObject, initial: Nodes) {
      const finder = new PathFinder(this, graph);
      for (const node of elementsOf(this, initial)) finder.start(node);
      return finder.paths.build();
    },
  }),
  defineBuiltin({
    name: 'walk',
    summary: 'Every [path, value] inside a value, itself first.',
    args: ['any'],
    result: 'array<array[any], any>',
    relation: true,
    impl(value: Value) {
      return Array.from(nodes(this, value, []));
    },
  }),
];
