/**
 * What a pasted event or log line says: which request was refused, what the policy printed, who worded
 * it. Only the phrase `<Request> is blocked by policy` makes it a policy's refusal; a bare
 * PermissionDenied comes from many places.
 */
import { parseAllDocuments } from 'yaml';
import { endpoints } from '#wire';
import { readQuoted } from './event-text.ts';

export interface EventPrint {
  /** The line of the policy that printed, where the engine said so. */
  readonly line: number | undefined;
  readonly text: string;
}

export interface PolicyEvent {
  readonly kind: 'denial' | 'fault' | 'other';
  readonly endpoint: string | undefined;
  /** `PERMISSION_DENIED`, where the text has it in either spelling. */
  readonly code: string | undefined;
  readonly runtime: 'runtime-go' | 'runtime-rs' | undefined;
  /** Layers of quotes that were taken off. */
  readonly layers: number;
  readonly prints: readonly EventPrint[];
  /** The text behind the phrase, without quotes. */
  readonly detail: string;
  /** Why the end is missing; undefined when it is all there. */
  readonly truncated: string | undefined;
  readonly containerId: string | undefined;
  readonly execId: string | undefined;
  /** For `other`: why this is no refusal of a policy. */
  readonly reason: string | undefined;
  /** How many other refusals the text holds. */
  readonly others: number;
}

const DENIAL = /\b([A-Z]\w+)\s+is\s+blocked\s+by\s+policy(?::\s?)?/g;
const FAULT = /\b([A-Z]\w+): internal error /g;

/** Source: kubelet's events; client-go record limits a message to 1024 bytes. */
const EVENT_LIMIT = 1024;

const known = new Set(endpoints.map(({ endpoint }) => endpoint));

/** Reads one event: the first in the text that a policy caused. */
export function parseEvent(text: string): PolicyEvent {
  const found = messagesIn(text).flatMap(phrasesIn);
  const [first] = found;
  if (first === undefined) return { ...NOTHING, reason: whyNot(text) };
  const others = new Set(found.map(wordsOf));
  others.delete(wordsOf(first));
  return { ...first, others: others.size };
}

const phrasesIn = (text: string): readonly PolicyEvent[] => {
  const denials = allPhrases(text, DENIAL, 'denial');
  return denials.length > 0 ? denials : allPhrases(text, FAULT, 'fault');
};

/** The same refusal is often told several times, by the kubelet and by containerd. */
const wordsOf = ({ endpoint = '', detail }: PolicyEvent): string => `${endpoint}: ${detail}`;

/** How lines of `kubectl describe`, of logs and of kubectl's errors begin: each with another message. */
const BEGINS =
  /^[ \t]*(?:Normal|Warning|[EWI]\d{4} |\d{4}-\d\d-\d\d|time=|level=|error: |Error: )/gm;

/** The message around a place: ids and codes beside it belong to others. */
function messageAt(text: string, at: number): { readonly from: number; readonly message: string } {
  let from = 0;
  for (const { index } of text.matchAll(BEGINS)) {
    if (index > at) return { from, message: text.slice(from, index) };
    from = index;
  }
  return { from, message: text.slice(from) };
}

const NOTHING: PolicyEvent = {
  kind: 'other',
  endpoint: undefined,
  code: undefined,
  runtime: undefined,
  layers: 0,
  prints: [],
  detail: '',
  truncated: undefined,
  containerId: undefined,
  execId: undefined,
  reason: undefined,
  others: 0,
};

/** The text itself, or the messages of events in JSON or YAML. */
function messagesIn(text: string): readonly string[] {
  const documents = documentsIn(text);
  const found: string[] = [];
  // YAML may refer to itself.
  const seen = new Set<unknown>();
  const visit = (value: unknown, depth: number): void => {
    if (depth > 32) return;
    if (seen.has(value)) return;
    if (typeof value === 'object') seen.add(value);
    if (typeof value === 'string') found.push(value);
    else if (Array.isArray(value)) for (const item of value) visit(item, depth + 1);
    else if (typeof value === 'object' && value !== null) {
      for (const item of Object.values(value)) visit(item, depth + 1);
    }
  };
  for (const document of documents) visit(document, 0);
  return [...found, text];
}

const LOOKS_LIKE_YAML = /^(?:apiVersion|items|kind|message|metadata):/m;

function documentsIn(text: string): readonly unknown[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    try {
      return [JSON.parse(trimmed)];
    } catch {
      // A log line may begin so, too.
    }
  }
  if (!LOOKS_LIKE_YAML.test(text)) return [];
  try {
    return parseAllDocuments(text).map(
      (document) => document.toJS({ maxAliasCount: 100 }) as unknown,
    );
  } catch {
    return [];
  }
}

function allPhrases(
  text: string,
  phrase: RegExp,
  kind: 'denial' | 'fault',
): readonly PolicyEvent[] {
  return [...text.matchAll(phrase)].flatMap((match): readonly PolicyEvent[] => {
    const [whole, endpoint = ''] = match;
    if (!known.has(endpoint)) return [];
    const { from, message } = messageAt(text, match.index);
    const quoted = readQuoted(message, match.index - from);
    const detail = quoted.text.slice(whole.length);
    return [
      {
        kind,
        endpoint,
        code: /permission_?denied/i.test(message)
          ? 'PERMISSION_DENIED'
          : /\binternal\b/i.test(message) && kind === 'fault'
            ? 'INTERNAL'
            : undefined,
        runtime: runtimeOf(message),
        layers: quoted.layers,
        prints: kind === 'denial' ? printsIn(quoted.open ? withoutStump(detail) : detail) : [],
        detail: detail.trim(),
        truncated: quoted.open ? truncation(text) : undefined,
        containerId: idIn(message),
        execId: /(?:start exec|exec(?:_id|-id)?[:=]?)\s*\\*"([\w-]+)\\*"/.exec(message)?.[1],
        reason: undefined,
        others: 0,
      },
    ];
  });
}

/** What a cut left of the place in front of the next print: `agen`, `agent_policy:23`. */
function withoutStump(detail: string): string {
  const text = detail.trimEnd().replace(/\.{3}$/, '');
  const at = text.lastIndexOf(' ') + 1;
  const stump = text.slice(at);
  const isStump =
    (stump.length > 1 && 'agent_policy'.startsWith(stump)) || /^agent_policy:\d*:?$/.test(stump);
  return isStump ? text.slice(0, at) : text;
}

/** The engine puts `file:line: ` in front of each print; the agent joins them by blanks. */
function printsIn(detail: string): readonly EventPrint[] {
  const parts = detail.split(/(?:^| )(?=(?:agent_policy|[\w./-]+\.rego):\d+: )/);
  return parts
    .map((part): EventPrint => {
      const [, line, text] = /^(?:[\w./-]+):(\d+): ([\s\S]*)$/.exec(part) ?? [];
      return { line: line === undefined ? undefined : Number(line), text: (text ?? part).trim() };
    })
    .filter(({ text }) => text !== '');
}

function runtimeOf(text: string): PolicyEvent['runtime'] {
  if (/rpc status: Status \{|Others\(|message: \\*"\\*"/.test(text)) return 'runtime-rs';
  if (/rpc error: code = |failed to create shim task: \\*"|desc = /.test(text)) return 'runtime-go';
  return undefined;
}

function truncation(text: string): string {
  const size = Buffer.byteLength(text.trim());
  if (size >= EVENT_LIMIT - 8 && size <= EVENT_LIMIT + 8) {
    return `cut at ${String(EVENT_LIMIT)} bytes, the limit of an event; the kubelet's log has all of it`;
  }
  return "the closing quote is missing: the end was cut; the kubelet's or containerd's log has all of it";
}

function idIn(text: string): string | undefined {
  const named = /(?:container|sandbox|containerID|container_id)[\s:=\\"]*([0-9a-f]{64})\b/i.exec(
    text,
  );
  return named?.[1] ?? /(?<!\bsha256:|@)\b[0-9a-f]{64}\b/.exec(text)?.[0];
}

/** The end of a phrase that a limit of length left unfinished. */
const PHRASE = ' is blocked by policy';

function looksCut(text: string): boolean {
  const [, endpoint = '', rest = ''] = /\b([A-Z]\w+)( is blo?[\w ]*)[\s."'\\]*$/.exec(text) ?? [];
  return known.has(endpoint) && rest !== '' && PHRASE.startsWith(rest.trimEnd());
}

const CUT =
  "this looks like a policy's denial that was cut; the kubelet's or containerd's log has the whole text";

const OTHERS: readonly { readonly sign: RegExp; readonly words: string }[] = [
  {
    sign: /Insufficient kata\.peerpods\.io\/vm/,
    words: 'the node has no room for another pod VM (peerPodsLimit), and no policy was asked',
  },
  {
    sign: /Retrying agent proxy connection|:15150/,
    words: 'the tunnel to the pod VM does not come up; katasim peerpod doctor looks at it',
  },
  {
    sign: /is blocked by policy/,
    words: 'a policy refused something, but the name in front is no request of the agent',
  },
  {
    sign: /ImagePullBackOff|ErrImagePull|Back-off pulling image|failed to pull (?:and unpack )?image/i,
    words:
      'the image could not be pulled: a name, a tag, or credentials of the registry; no policy was asked',
  },
  {
    sign: /vsock|hvsock|failed to (?:dial|connect to).*agent|timed? ?out.*agent|CreateContainer.*DeadlineExceeded/i,
    words:
      'the runtime did not reach the agent of the VM: it did not boot, or not in time; the log of the VM tells',
  },
  {
    sign: /permission_?\s?denied/i,
    words:
      'a PermissionDenied alone is no refusal of the agent’s policy: it needs the phrase "<Request> is blocked by policy"; file modes, seccomp and RBAC deny, too',
  },
  {
    sign: /forbidden/i,
    words: 'the API server refused it (RBAC or admission), the agent was not asked',
  },
];

function whyNot(text: string): string {
  if (looksCut(text.trim())) return CUT;
  const found = OTHERS.find(({ sign }) => sign.test(text));
  return found?.words ?? 'the phrase "<Request> is blocked by policy" is not in it';
}
