/** The learned policy as text: header, defaults, a section per concern, helpers; canonically formatted. */
import { KatasimError } from '#base';
import type { KataProfile } from '#gate';
import { formatModule } from '#rego';
import { emptyMessage, endpoints, toPolicyInput } from '#wire';
import { helperTexts, type HelperName } from './library.ts';
import type { CallRule, Model } from './model.ts';
import { patterns } from './patterns.ts';
import { commentLine, placesText } from './places.ts';
import { memberOf } from './recording.ts';
import type { Shape } from './shape.ts';
import { idPattern, writeCalls, type RuleWriter } from './write-calls.ts';
import { writeContainers } from './write-containers.ts';
import { jsonTerm } from './rego-text.ts';
import { Terms, type Spelling } from './write-terms.ts';

export interface PolicyText {
  readonly kata: KataProfile;
  /** Lines for the head of the file. */
  readonly summary: readonly string[];
  readonly review: readonly string[];
  /** Endpoints allowed without having been recorded. */
  readonly allow: readonly string[];
}

export function writePolicy(model: Model, { kata, summary, review, allow }: PolicyText): string {
  const helpers = new Set<HelperName>();
  const named = new Set<string>();
  const sets = commonSets(model);
  const writer: RuleWriter = {
    state: kata.state,
    hexIds: model.identity.id.parts.some(
      (part) => part.kind === 'pattern' && part.pattern === patterns.id,
    ),
    setName: (values) => sets.get(values.join()),
    use: (name) => void helpers.add(name),
    usePattern: (name) => void named.add(name),
  };
  const containers = writeContainers(model, writer);
  const calls = writeEndpoints(model, allow, writer);
  const text = [
    ...comment(summary),
    '#',
    ...(review.length > 0 ? ['# To review by hand:', ...review.flatMap(bullet)] : []),
    'package agent_policy',
    '',
    // OPA 0.55, the engine up to Kata 3.4, does not know the one import that fits all later releases.
    ...(kata.engine === 'opa daemon'
      ? ['contains', 'every', 'if', 'in'].map((word) => `import future.keywords.${word}`)
      : ['import rego.v1']),
    '',
    title('Refused unless a rule below allows it.'),
    ...defaultLines(allow, kata),
    '',
    ...section('The sandbox, its network and files.', calls.pod),
    ...section('Containers.', containers.length === 0 ? [] : [...containers, ...setRules(sets)]),
    ...section(
      'What may be asked of a container.',
      calls.container.length === 0
        ? []
        : [...(kata.state ? [CONTAINER_RULE] : []), ...calls.container],
    ),
    ...section('Helpers.', [...patternRules(named), ...helperTexts(helpers)]),
  ].join('\n');
  return formatted(text, kata);
}

/** Sets that several containers have are rules of their own, by their text. */
function commonSets({ containers }: Model): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  const visit = (shape: Shape): void => {
    if (shape.kind === 'object') shape.members.forEach(visit);
    if (shape.kind !== 'set' || shape.values.length < 4) return;
    const key = shape.values.join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  for (const { shape } of containers) visit(shape);
  const common = [...counts].filter(([, count]) => count > 1).map(([key]) => key);
  return new Map(
    common.map((key, i) => [key, common.length === 1 ? 'capabilities' : `capabilities_${i + 1}`]),
  );
}

const setRules = (sets: ReadonlyMap<string, string>): readonly string[] =>
  Array.from(sets, ([key, name]) => `${name} := ${jsonTerm(key.split(','))}`);

const CONTAINER_RULE = `# What is known of the container that the request names.
container := data.pstate.containers[input.container_id]`;

const comment = (lines: readonly string[]): readonly string[] => lines.map(commentLine);

const bullet = (text: string): readonly string[] =>
  wrapped(text, 96).map((line, i) => commentLine(i === 0 ? `- ${line}` : `  ${line}`));

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

const title = (text: string): string => `# ${'-'.repeat(93)}\n# ${text}\n`;

const section = (name: string, rules: readonly string[]): readonly string[] =>
  rules.length === 0 ? [] : [title(name), ...rules.map((rule) => `${rule}\n`)];

function defaultLines(
  allow: readonly string[],
  { missingMethods }: KataProfile,
): readonly string[] {
  const known = endpoints.filter(({ methods }) =>
    methods.some((method) => !missingMethods.includes(method)),
  );
  return [...known.map(({ endpoint }) => endpoint), 'AllowRequestsFailingPolicy']
    .sort()
    .map((name) =>
      allow.includes(name) && !isOnContainer(name)
        ? `default ${name} := true # allowed on request; not recorded`
        : `default ${name} := false`,
    );
}

/** Requests that name a container, as their messages have it. */
const CONTAINER_ENDPOINTS: ReadonlySet<string> = new Set(
  endpoints
    .filter(
      ({ requestType }) =>
        memberOf(toPolicyInput(requestType, emptyMessage(requestType)), 'container_id') !==
        undefined,
    )
    .map(({ endpoint }) => endpoint),
);

const isOnContainer = (endpoint: string): boolean => CONTAINER_ENDPOINTS.has(endpoint);

function writeEndpoints(
  model: Model,
  allow: readonly string[],
  writer: RuleWriter,
): { readonly pod: readonly string[]; readonly container: readonly string[] } {
  const byEndpoint = new Map<string, CallRule[]>();
  for (const rule of model.calls) {
    byEndpoint.set(rule.endpoint, [...(byEndpoint.get(rule.endpoint) ?? []), rule]);
  }
  const pod: string[] = [];
  const container: string[] = [];
  for (const [endpoint, rules] of byEndpoint) {
    if (endpoint === 'CreateSandboxRequest') {
      pod.push(...rules.map((rule, i) => sandboxRule(rule, i, rules.length, model, writer)));
      continue;
    }
    const texts = writeCalls(endpoint, rules, model, writer);
    (rules.some(({ about }) => about.kind !== 'none') ? container : pod).push(...texts);
  }
  for (const endpoint of allow.filter(isOnContainer)) {
    const known = writer.state
      ? 'container'
      : `regex.match(\`${idPattern(model)}\`, input.container_id)`;
    container.push(`# Allowed on request; not recorded.\n${endpoint} if ${known}`);
  }
  return { pod, container };
}

const SANDBOX: Spelling = { sandbox_id: 'input.sandbox_id', pod_name: 'input.hostname' };

/** CreateSandbox fixes what the containers have to repeat, and comes once. */
function sandboxRule(
  { shape, places }: CallRule,
  index: number,
  count: number,
  model: Model,
  writer: RuleWriter,
): string {
  const terms = new Terms({ ...writer, spelling: SANDBOX });
  const { identity } = model;
  const hasName = identity.hostnameIsName && identity.name !== undefined;
  const members = new Map(shape.kind === 'object' ? shape.members : []);
  const isSandboxId = identity.sandboxHasId && members.has('sandbox_id');
  if (isSandboxId) members.set('sandbox_id', { kind: 'text', text: identity.id });
  if (hasName) members.set('hostname', { kind: 'text', text: identity.name });
  const own: Shape = { kind: 'object', members };
  const body = terms.conditions('input', own);
  const from = commentLine(placesText(places));
  const lines = (rows: readonly string[]): string => rows.map((line) => `\t${line}\n`).join('');
  if (!writer.state || !isSandboxId) return `${from}\nCreateSandboxRequest if {\n${lines(body)}}`;
  const words = [
    '"sandbox_id": input.sandbox_id',
    ...(hasName ? ['"pod_name": input.hostname'] : []),
  ];
  // Several variants share the answer, so that two that hold do not contradict each other.
  const name = 'sandbox_ok';
  const variant = `${from}\n${name} if {\n${lines(body)}}`;
  if (index < count - 1) return variant;
  const once = model.continues
    ? '# The recording begins pods where others have not ended: a new sandbox forgets the old one.'
    : '# Once: a second CreateSandbox would wipe the first one’s files.';
  const guard = model.continues ? [] : ['not data.pstate.sandbox_id'];
  const answer = `CreateSandboxRequest := {"allowed": true, "ops": [{"op": "replace", "path": "/pstate", "value": {${words.join(', ')}}}]} if`;
  return `${variant}\n\n${once}\n${answer} {\n${lines([...guard, name])}}`;
}

function patternRules(used: ReadonlySet<string>): readonly string[] {
  return Object.values(patterns)
    .filter(({ name }) => used.has(name))
    .map(({ name, regex, summary }) => `# ${summary}\n${name} := \`${regex}\``);
}

/** Throws when our own text does not parse: that is a bug, never the user's. */
function formatted(text: string, { rego, engine }: KataProfile): string {
  const source = { name: 'learned.rego', text };
  // `import rego.v1` makes the text v1 in either dialect.
  const regoVersion = engine === 'opa daemon' ? rego : 'v1';
  const first = formatModule(source, { regoVersion });
  if (first.text === undefined) {
    const [error] = first.errors;
    throw new KatasimError(
      'POLICY_LEARN',
      `the learned policy does not parse: ${error?.message ?? ''}`,
      {
        hint: 'This is a fault of katasim: please report it with the recording.',
      },
    );
  }
  return first.text;
}
