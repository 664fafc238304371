/**
 * What stays the same between two starts of a pod and what is given anew: its sandbox id, UID,
 * addresses, and the generated end of its name. What is given anew is bound: the first request that
 * carries it fixes it, and the others have to repeat it.
 */
import { isWhole, patterns, quoteRegex } from './patterns.ts';
import { annotationOf, textMember, type Call, type Pod, type PodKey } from './recording.ts';
import type { Variable } from './template.ts';
import { literalText, mergeTexts, type Bound, type Part, type Text } from './text.ts';

export interface Identity {
  /** Where the words of the pod are, when every container carries them. */
  readonly keys: Partial<Record<'sandbox_id' | 'pod_name' | 'pod_uid', string>>;
  /** What the pod's name looks like; undefined when it is one name, which then is plain text. */
  readonly name: Text | undefined;
  /** What container ids and sandbox ids look like. */
  readonly id: Text;
  /** CreateSandbox carries the sandbox id in every pod. */
  readonly sandboxHasId: boolean;
  /** CreateSandbox carries the pod's name as its host name in every pod. */
  readonly hostnameIsName: boolean;
}

const SUFFIX = patterns.generatedName.regex;
const DEPLOYED = new RegExp(`^(.+)-${patterns.templateHash.regex}-${SUFFIX}$`);
const GENERATED = new RegExp(`^(.+)-(${SUFFIX})$`);

/** `web-7c9f8b6d5-x2x4k` is `web`, a template's hash and a generated suffix; `web-0` is just that. */
export function podNameText(name: string): Text {
  const deployed = DEPLOYED.exec(name);
  const generated = GENERATED.exec(name);
  // Without a hash in front a suffix is believed only with a digit: `-nginx` is a word.
  const prefix = deployed?.[1] ?? (/[0-9]/.test(generated?.[2] ?? '') ? generated?.[1] : undefined);
  if (prefix === undefined) return literalText(name);
  const suffix = { kind: 'pattern', pattern: patterns.generatedName } as const;
  const hash = { kind: 'pattern', pattern: patterns.templateHash } as const;
  const dash = { kind: 'literal', text: '-' } as const;
  const start = { kind: 'literal', text: `${prefix}-` } as const;
  return {
    parts: deployed === null ? [start, suffix] : [start, hash, dash, suffix],
    seen: [name],
  };
}

export function identityOf(pods: readonly Pod[], exact: boolean): Identity {
  const creations = pods.flatMap(({ containers }) => containers.map(({ created }) => created));
  const names = distinct(creations.map(({ input }) => annotationOf(input, 'pod_name')?.value));
  const uids = distinct(creations.map(({ input }) => annotationOf(input, 'pod_uid')?.value));
  const ids = distinct(creations.map(({ input }) => textMember(input, 'container_id')));
  const sandboxes = pods.flatMap(({ sandbox }) => (sandbox === undefined ? [] : [sandbox]));
  const texts = names.map((name) => (exact ? literalText(name) : podNameText(name)));
  const [first, ...others] = texts;
  const name = first && others.reduce((a, b) => mergeTexts(a, b).text, first);
  const isOneName = name === undefined || name.parts.every(({ kind }) => kind === 'literal');
  return {
    keys: {
      ...keyIn(creations, 'sandbox_id'),
      ...keyIn(creations, 'pod_name'),
      ...(uids.every((uid) => isWhole(patterns.uuid, uid)) && keyIn(creations, 'pod_uid')),
    },
    name: isOneName ? undefined : name,
    id: idText(ids),
    sandboxHasId:
      sandboxes.length > 0 &&
      pods.every(({ sandbox, containers }) =>
        sandbox === undefined
          ? containers.length === 0
          : (textMember(sandbox.input, 'sandbox_id') ?? '') !== '',
      ),
    hostnameIsName:
      sandboxes.length > 0 &&
      pods.every(
        ({ sandbox, containers: [container] }) =>
          sandbox !== undefined &&
          container !== undefined &&
          textMember(sandbox.input, 'hostname') ===
            annotationOf(container.created.input, 'pod_name')?.value,
      ),
  };
}

const distinct = (values: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
];

/** The annotation's key, when every container that is created has one and the same. */
function keyIn(creations: readonly Call[], word: PodKey): Identity['keys'] {
  const keys = distinct(creations.map(({ input }) => annotationOf(input, word)?.key));
  const everywhere = creations.every(({ input }) => annotationOf(input, word) !== undefined);
  return keys.length === 1 && everywhere ? { [word]: keys[0] ?? '' } : {};
}

/** Source: the agent's own rule for container ids is what the last row says, without a bound. */
function idText(ids: readonly string[]): Text {
  const isHex = ids.every((id) => isWhole(patterns.id, id));
  const part: Part = isHex
    ? { kind: 'pattern', pattern: patterns.id }
    : { kind: 'regex', regex: '[0-9A-Za-z][0-9A-Za-z_.-]{1,127}' };
  return { parts: [part], seen: ids };
}

/** Which bound values a request of some kind can be compared with. */
export type Scope = ReadonlySet<Bound>;

/** The values of a recorded request that stand for something, longest first. */
export function variablesOf(call: Call, identity: Identity, scope: Scope): readonly Variable[] {
  const { pod } = call;
  const created = call.container?.created ?? (isCreation(call) ? call : pod.containers[0]?.created);
  const word = (key: PodKey): string | undefined =>
    created && annotationOf(created.input, key)?.value;
  const sandboxId =
    word('sandbox_id') ?? (pod.sandbox && textMember(pod.sandbox.input, 'sandbox_id'));
  const id = call.isOnContainer || isCreation(call) ? textMember(call.input, 'container_id') : '';
  const uid = word('pod_uid');
  const found: Variable[] = [];
  const add = (
    value: string | undefined,
    name: Bound,
    parts: readonly Part[],
    isWord = false,
  ): void => {
    if (value === undefined || value === '' || found.some((one) => one.value === value)) return;
    found.push({ value, parts: scope.has(name) ? [{ kind: 'bound', name }] : parts, isWord });
  };
  // The pause container is known by the sandbox's id, whatever else it is called.
  if (isCreation(call)) add(sandboxId, 'sandbox_id', identity.id.parts);
  add(id, 'id', identity.id.parts);
  add(sandboxId, 'sandbox_id', identity.id.parts);
  if (uid !== undefined && isWhole(patterns.uuid, uid)) {
    add(uid, 'pod_uid', [{ kind: 'pattern', pattern: patterns.uuid }]);
    const sliced = [{ kind: 'pattern', pattern: patterns.slicedUuid }] as const;
    add(uid.replaceAll('-', '_'), 'pod_uid_slice', sliced);
  }
  const regex = identity.name && regexOf(identity.name);
  if (regex !== undefined) add(word('pod_name'), 'pod_name', [{ kind: 'regex', regex }], true);
  for (const value of pod.addresses) {
    const pattern = [patterns.ipv4, patterns.ipv6].find((one) => isWhole(one, value));
    if (pattern !== undefined)
      found.push({ value, parts: [{ kind: 'pattern', pattern }], isWord: true });
  }
  return found.sort((a, b) => b.value.length - a.value.length);
}

const isCreation = ({ endpoint }: Call): boolean => endpoint === 'CreateContainerRequest';

/** A text without bound values as one regular expression, not anchored. */
export function regexOf({ parts }: Text): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case 'literal':
          return quoteRegex(part.text);
        case 'pattern':
          return part.pattern.regex;
        case 'regex':
          return part.regex;
        case 'bound':
          return '';
      }
    })
    .join('');
}
