/** CreateContainer: one rule per container, what they have in common, and the state that binds them. */
import type { ContainerRule, Model } from './model.ts';
import { commentLine, placesText, wideningComment } from './places.ts';
import { shapeKey } from './shape.ts';
import type { RuleWriter } from './write-calls.ts';
import { jsonTerm } from './rego-text.ts';
import { leavesOf, Terms, type Leaf, type Spelling } from './write-terms.ts';
import { patterns } from './patterns.ts';

const CREATION: Spelling = { id: 'input.container_id' };

/** Fields in which containers are looked at one by one, even when all agree. */
const OWN = [
  'input.OCI.Process',
  'input.OCI.Mounts',
  'input.OCI.Annotations',
  'input.OCI.Root',
  'input.OCI.Linux.Namespaces',
  'input.OCI.Linux.Devices',
  'input.OCI.Linux.Seccomp',
  'input.OCI.Linux.Sysctl',
  'input.devices',
  'input.storages',
];

export function writeContainers(model: Model, writer: RuleWriter): readonly string[] {
  const { containers } = model;
  if (containers.length === 0) return [];
  const terms = new Terms({ ...writer, spelling: CREATION });
  const all = containers.map(({ shape }) => leavesOf(shape));
  const common = commonLeaves(all);
  const isCommon = new Set(common.map(([path]) => path));
  return [
    creationRule(model, writer, terms, common.length > 0),
    `# Container rules, and how many of each ran at once.\nat_once := ${jsonTerm(limitsOf(model))}`,
    'some_container_ok if {\n\tsome name, _ in at_once\n\tcontainer_ok(name)\n}',
    ...(writer.state ? stateRules(model, writer) : []),
    ...wordRules(model),
    ...(common.length > 0
      ? [block('# What all containers have in common.', 'common_to_all if', fields(common, terms))]
      : []),
    ...containers.map((container, i) =>
      block(
        containerComment(container),
        `container_ok(${JSON.stringify(container.name)}) if`,
        fields(
          (all[i] ?? []).filter(([path]) => !isCommon.has(path)),
          terms,
        ),
      ),
    ),
  ];
}

const block = (comment: string, head: string, body: readonly string[]): string =>
  `${comment}\n${head} {\n${body.map((line) => `\t${line}\n`).join('')}}`;

const limitsOf = ({ containers }: Model): Readonly<Record<string, number>> =>
  Object.fromEntries(containers.map(({ name, maxConcurrent }) => [name, maxConcurrent]));

/** A comparison of a field with itself says nothing; both sides come from the same words. */
const fields = (leaves: readonly Leaf[], terms: Terms): readonly string[] =>
  leaves
    .flatMap(([path, shape]) => terms.conditions(path, shape))
    .filter((line) => {
      const [left, right] = line.split(' == ');
      return left !== right;
    });

function commonLeaves(all: readonly (readonly Leaf[])[]): readonly Leaf[] {
  const [first = [], ...others] = all;
  if (others.length === 0) return [];
  const rest = others.map((leaves) => new Map(leaves));
  return first.filter(
    ([path, shape]) =>
      !OWN.some(
        (own) => path === own || path.startsWith(`${own}.`) || path.startsWith(`${own}[`),
      ) &&
      rest.every((leaves) => {
        const other = leaves.get(path);
        return other !== undefined && shapeKey(other) === shapeKey(shape);
      }),
  );
}

function containerComment({ name, image, places, generalizations }: ContainerRule): string {
  return [
    commentLine(
      `Container ${name}${image === '' ? '' : ` of image ${image}`}, ${placesText(places)}.`,
    ),
    ...generalizations.map(wideningComment),
  ].join('\n');
}

/** The pod's words as this request spells them. */
function wordRules({ identity: { keys, name } }: Model): readonly string[] {
  const rules: string[] = [];
  const add = (word: keyof typeof keys): void => {
    const key = keys[word];
    if (key !== undefined) rules.push(`${word} := input.OCI.Annotations[${JSON.stringify(key)}]`);
  };
  add('sandbox_id');
  if (name !== undefined) add('pod_name');
  add('pod_uid');
  if (keys.pod_uid !== undefined) rules.push('pod_uid_slice := replace(pod_uid, "-", "_")');
  return rules;
}

/** What a container has to agree on with those before it. */
function boundWords({ identity: { keys, name } }: Model): readonly string[] {
  return [
    ...(keys.sandbox_id === undefined ? [] : ['sandbox_id']),
    ...(keys.pod_name === undefined || name === undefined ? [] : ['pod_name']),
    ...(keys.pod_uid === undefined ? [] : ['pod_uid']),
  ];
}

function creationRule(model: Model, writer: RuleWriter, terms: Terms, hasCommon: boolean): string {
  const { identity } = model;
  const words = boundWords(model);
  const body = [`regex.match(${terms.pattern(identity.id)}, input.container_id)`];
  if (words.includes('sandbox_id'))
    body.push(`regex.match(${terms.pattern(identity.id)}, sandbox_id)`);
  if (words.includes('pod_name') && identity.name !== undefined)
    body.push(`regex.match(${terms.pattern(identity.name)}, pod_name)`);
  if (words.includes('pod_uid')) {
    const uuid = { parts: [{ kind: 'pattern', pattern: patterns.uuid }], seen: [] } as const;
    body.push(`regex.match(${terms.pattern(uuid)}, pod_uid)`);
  }
  if (writer.state) body.push('not container');
  if (hasCommon) body.push('common_to_all');
  body.push('some_container_ok');
  if (!writer.state) return block('# Containers.', 'CreateContainerRequest if', body);
  if (identity.sandboxHasId && words.includes('sandbox_id'))
    body.push('sandbox_id == data.pstate.sandbox_id');
  body.push(
    'rule := min({name | some name, most in at_once; instances(name) < most; container_ok(name)})',
    `ops := array.concat(pod_ops, [{
"op": "add",
"path": concat("/", ["/pstate/containers", input.container_id]),
"value": {"rule": rule, "phase": "created"${usesStdin(model) ? ', "stdin": {}' : ''}},
}])`,
  );
  return block(
    '# Each id stands for one container, and each container rule for as many as ran at once.',
    'CreateContainerRequest := {"allowed": true, "ops": ops} if',
    body,
  );
}

export const usesStdin = ({ calls }: Model): boolean => calls.some(({ stdin }) => stdin);

function stateRules(model: Model, writer: RuleWriter): readonly string[] {
  const words = boundWords(model);
  if (words.length > 0) writer.use('remember');
  const ops = words.reduce(
    (before, word) => `array.concat(${before}, remember("${word}", ${word}))`,
    'containers_ops',
  );
  return [
    'instances(name) := count([1 | some known in data.pstate.containers; known.rule == name])',
    `pod_ops := ${ops}`,
    'containers_ops := [] if data.pstate.containers',
    'containers_ops := [{"op": "add", "path": "/pstate/containers", "value": {}}] if not data.pstate.containers',
  ];
}
