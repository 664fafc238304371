/** The rules of all endpoints but CreateContainer: what was asked, and of which containers. */
import type { ErrorLocation } from '#base';
import type { CallRule, Model } from './model.ts';
import { commentLine, placesText, wideningComment } from './places.ts';
import { shapeKey, type Shape } from './shape.ts';
import { jsonTerm, listTerm, memberPath } from './rego-text.ts';
import { leavesOf, Terms, type Spelling, type TermWriter } from './write-terms.ts';
import { regexOf } from './identity.ts';

export interface RuleWriter extends Omit<TermWriter, 'spelling'> {
  readonly state: boolean;
}

const ON_CONTAINER: Spelling = {
  id: 'input.container_id',
  sandbox_id: 'data.pstate.sandbox_id',
  pod_name: 'data.pstate.pod_name',
  pod_uid: 'data.pstate.pod_uid',
  pod_uid_slice: 'replace(data.pstate.pod_uid, "-", "_")',
};

/** Of an endpoint whose answer changes the state; `{CONTAINER}` is the container's place in it. */
const OPS: Readonly<Record<string, string>> = {
  StartContainerRequest: `{"op": "replace", "path": concat("/", ["/pstate/containers", input.container_id, "phase"]), "value": "running"}`,
  RemoveContainerRequest: `{"op": "remove", "path": concat("/", ["/pstate/containers", input.container_id])}`,
  DestroySandboxRequest: `{"op": "replace", "path": "/pstate", "value": {}}`,
};

const REMEMBER_STDIN = `{"op": "add", "path": concat("/", ["/pstate/containers", input.container_id, "stdin", input.exec_id]), "value": true}`;

/** Text of the rules of one endpoint. */
export function writeCalls(
  endpoint: string,
  rules: readonly CallRule[],
  model: Model,
  writer: RuleWriter,
): readonly string[] {
  const stdin = rules.filter((rule) => rule.stdin);
  if (endpoint !== 'ExecProcessRequest' || stdin.length === 0)
    return groups(rules).map((group) => ruleText(endpoint, group, model, writer));
  const plain = rules.filter((rule) => !rule.stdin);
  return [
    ...groups(stdin).map((group) => ruleText('exec_with_stdin', group, model, writer)),
    `# Input is taken by these execs only: their ids are kept.\n${head(endpoint, REMEMBER_STDIN)} {\n\texec_with_stdin\n}`,
    ...groups(plain).map((group) =>
      ruleText(endpoint, group, model, writer, ['not exec_with_stdin']),
    ),
  ];
}

const head = (endpoint: string, op: string): string =>
  `${endpoint} := {"allowed": true, "ops": [${op}]} if`;

/** What shares a rule: the same fields, and for exec the same containers. */
function groups(rules: readonly CallRule[]): readonly (readonly CallRule[])[] {
  const found = new Map<string, CallRule[]>();
  for (const rule of rules) {
    const { about, shape, stdin, endpoint } = rule;
    const names = about.kind === 'rules' && endpoint === 'ExecProcessRequest' ? about.names : [];
    const key = JSON.stringify([about.kind, stdin, names, leavesOf(shape).map(([path]) => path)]);
    found.set(key, [...(found.get(key) ?? []), rule]);
  }
  return [...found.values()].flatMap(split);
}

const isCell = ({ kind }: Shape): boolean => kind === 'exact' || kind === 'text';

/** A table holds plain values and texts; rules that differ in anything else stand alone. */
function split(group: readonly CallRule[]): readonly (readonly CallRule[])[] {
  const found = new Map<string, CallRule[]>();
  for (const rule of group) {
    const key = leavesOf(rule.shape)
      .filter(([, leaf]) => !isCell(leaf))
      .map(([, leaf]) => shapeKey(leaf))
      .join('\u0002');
    found.set(key, [...(found.get(key) ?? []), rule]);
  }
  return [...found.values()];
}

function ruleText(
  name: string,
  group: readonly CallRule[],
  model: Model,
  writer: RuleWriter,
  first: readonly string[] = [],
): string {
  const [rule] = group;
  if (rule === undefined) return '';
  const isBound = writer.state && rule.about.kind === 'rules';
  const terms = new Terms({ ...writer, spelling: ON_CONTAINER });
  const op = isBound || rule.about.kind === 'none' ? OPS[name] : undefined;
  const conditions = [
    ...first,
    ...fieldConditions(group, model, writer, terms),
    ...aboutConditions(rule, model, writer, terms),
  ];
  // That the container is known follows from every other expression about it.
  const isImplied = conditions.some((line) => line.startsWith('container.'));
  const body = conditions.filter((line) => line !== 'container' || !isImplied);
  const comments = [
    commentLine(placesText(group.flatMap(({ places }): readonly ErrorLocation[] => places))),
  ];
  comments.push(...group.flatMap(({ generalizations }) => generalizations.map(wideningComment)));
  if (rule.about.kind === 'unknown')
    comments.push(
      '# The container was not there: never created in the log, or removed. Only its id’s form is known.',
    );
  const start = op === undefined || !writer.state ? `${name} if` : head(name, op);
  if (body.length === 0) {
    const answer = op === undefined || !writer.state ? 'true' : `{"allowed": true, "ops": [${op}]}`;
    return `${comments.join('\n')}\n${name} := ${answer}`;
  }
  return `${comments.join('\n')}\n${start} {\n${body.map((line) => `\t${line}\n`).join('')}}`;
}

/** That the container is known, and in the state it was recorded in. */
function aboutConditions(
  { about, endpoint, stdin }: CallRule,
  model: Model,
  writer: RuleWriter,
  terms: Terms,
): readonly string[] {
  if (about.kind === 'none') return [];
  // What is known has rules of its own.
  if (about.kind === 'unknown') return writer.state ? ['not container'] : [];
  if (!writer.state)
    return [`regex.match(${terms.pattern(model.identity.id)}, input.container_id)`];
  const conditions: string[] = [];
  if (endpoint === 'StartContainerRequest' && !model.startsTwice)
    conditions.push('container.phase == "created"');
  if (endpoint === 'ExecProcessRequest' && !model.beforeStart.has(endpoint))
    conditions.push('container.phase == "running"');
  if (stdin && endpoint !== 'ExecProcessRequest')
    conditions.push('container.stdin[input.exec_id] == true');
  return conditions;
}

function fieldConditions(
  group: readonly CallRule[],
  model: Model,
  writer: RuleWriter,
  terms: Terms,
): readonly string[] {
  const leaves = group.map(({ shape }) => leavesOf(shape));
  const [firstLeaves = []] = leaves;
  const varying = firstLeaves.filter(
    ([, leaf], i) => !leaves.every((row) => shapeKey(row[i]?.[1] ?? leaf) === shapeKey(leaf)),
  );
  const common = firstLeaves.filter((leaf) => !varying.includes(leaf));
  const conditions = common.flatMap(([path, leaf]) => terms.conditions(path, leaf));
  const containers = containerCells(group, model, writer);
  if (group.length === 1 || new Set(containers).size === 1) {
    const [only = ''] = containers;
    if (only !== '') conditions.unshift(only);
    if (group.length === 1) return conditions;
  }
  const columns = varying.map(([path]) => ({
    path,
    name: columnName(
      path,
      varying.map(([other]) => other),
    ),
    cells: leaves.map((row) => row.find(([other]) => other === path)?.[1]),
  }));
  const byContainer = new Set(containers).size > 1;
  const [only] = columns;
  if (!byContainer && columns.length === 1 && only?.cells.every(isExactCell) === true)
    return [...conditions, `${only.path} in ${listTerm('[', ']', only.cells.map(exactTerm))}`];
  return [...conditions, ...tableConditions(group, columns, byContainer, writer, terms)];
}

interface Column {
  readonly path: string;
  readonly name: string;
  /** One per rule of the group. */
  readonly cells: readonly (Shape | undefined)[];
}

const isExactCell = (cell: Shape | undefined): boolean => cell?.kind === 'exact';
const exactTerm = (cell: Shape | undefined): string =>
  jsonTerm(cell?.kind === 'exact' ? cell.value : null);

/** The last name of the path that tells it from the others. */
function columnName(path: string, others: readonly string[]): string {
  const names = path.split('.').slice(1);
  const last = names.at(-1) ?? path;
  const isClear = others.filter((other) => other.endsWith(`.${last}`)).length === 1;
  return isClear ? last : names.join('_');
}

function tableConditions(
  group: readonly CallRule[],
  columns: readonly Column[],
  byContainer: boolean,
  writer: RuleWriter,
  terms: Terms,
): readonly string[] {
  const rows = group.map((rule, i) => {
    const cells = columns.map(({ name, cells }) => {
      const cell = cells[i];
      const isExactColumn = cells.every(isExactCell);
      const term = isExactColumn || cell === undefined ? exactTerm(cell) : terms.cell(cell, 1);
      return `${JSON.stringify(name)}: ${term}`;
    });
    const names = rule.about.kind === 'rules' ? rule.about.names : [];
    const containers = byContainer ? [`"containers": ${jsonTerm(names)}`] : [];
    return listTerm('{', '}', [...containers, ...cells]);
  });
  const conditions = columns.map(({ path, name, cells }) => {
    const wanted = memberPath('allowed', name);
    if (cells.every(isExactCell)) return `${path} == ${wanted}`;
    writer.use('field_ok');
    return `field_ok(${path}, ${wanted})`;
  });
  return [
    `some allowed in [\n${rows.map((row) => `${row},\n`).join('')}]`,
    ...(byContainer ? ['container.rule in allowed.containers'] : []),
    ...conditions,
  ];
}

/** Per rule: the expression that says which containers it is about; empty when it is none. */
function containerCells(
  group: readonly CallRule[],
  model: Model,
  { state }: RuleWriter,
): readonly string[] {
  return group.map(({ about }) => {
    if (about.kind !== 'rules' || !state) return '';
    const isEvery = about.names.length === model.containers.length;
    const [name = ''] = about.names;
    if (isEvery) return 'container';
    return about.names.length === 1
      ? `container.rule == ${JSON.stringify(name)}`
      : `container.rule in ${jsonTerm(about.names)}`;
  });
}

/** A pattern of its own, for rules that no shape stands behind. */
export const idPattern = ({ identity }: Model): string => `^${regexOf(identity.id)}$`;
