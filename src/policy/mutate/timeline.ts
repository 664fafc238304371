/**
 * The recorded requests that the policy allows, with the state each met, and the one of each kind that
 * hostile variants are made from: the first of a container, of a command, of an endpoint.
 */
import type { Json } from '#wire';
import { decideCorpus, type PolicyText } from '../corpus/decide-corpus.ts';
import type { CorpusEntry } from '../corpus/entry.ts';
import { listAt, textAt } from './edit.ts';
import type { Subject } from './mutation.ts';

export interface Step extends Subject {
  /** The container it is about; empty when it is about none. */
  readonly container: string;
}

export interface Timeline {
  /** Allowed ones, in order. */
  readonly steps: readonly Step[];
  /** What variants are made from. */
  readonly subjects: readonly Step[];
  /** Requests that the policy refuses although they were allowed, or may have been. */
  readonly refused: number;
  /** Where most containers are known. */
  readonly busiest: Json;
}

const EMPTY: Json = { pstate: {} };

/** Runs the whole corpus once. What was recorded as refused is met, and then not used. */
export function timelineOf(policy: PolicyText, entries: readonly CorpusEntry[]): Timeline {
  const steps: Step[] = [];
  let refused = 0;
  let busiest = EMPTY;
  let present = 0;
  let most = -1;
  const names = new Map<string, string>();
  for (const { entry, decision, stateBefore, stateAfter } of decideCorpus(policy, entries)) {
    const { endpoint, input, recorded } = entry;
    const container = textAt(input, 'container_id');
    if (recorded !== undefined && recorded !== 'allow') continue;
    if (decision?.verdict !== 'allow') {
      refused++;
      continue;
    }
    if (endpoint === 'CreateContainerRequest') {
      names.set(container, containerName(input));
      present++;
    }
    if (endpoint === 'RemoveContainerRequest') present--;
    if (present > most || (present === most && endpoint === 'StartContainerRequest')) {
      most = present;
      busiest = stateAfter;
    }
    const label = labelOf(endpoint, input, names.get(container) ?? container.slice(0, 12));
    steps.push({ endpoint, input, label, stateBefore, stateAfter, container });
  }
  return { steps, subjects: distinct(steps), refused, busiest };
}

const NAME_KEYS = ['io.kubernetes.cri.container-name', 'io.kubernetes.cri-o.ContainerName'];

function containerName(input: Json): string {
  const annotations = listedAnnotations(input);
  const name = NAME_KEYS.map((key) => annotations[key]).find((one) => typeof one === 'string');
  if (typeof name === 'string') return name;
  return annotations['io.kubernetes.cri.container-type'] === 'sandbox' ? 'pause' : 'container';
}

function listedAnnotations(input: Json): Readonly<Record<string, Json>> {
  const oci = (input as Readonly<Record<string, Json>>)['OCI'] as
    Readonly<Record<string, Json>> | null | undefined;
  return (oci?.['Annotations'] ?? {}) as Readonly<Record<string, Json>>;
}

function labelOf(endpoint: string, input: Json, container: string): string {
  if (endpoint === 'ExecProcessRequest')
    return `${container}: ${listAt(input, 'process.Args').map(String).join(' ')}`;
  if (endpoint === 'CopyFileRequest') return textAt(input, 'path').replace(/^.*[0-9a-f]{16}-/, '');
  return container;
}

/** More variants of the same thing would count the same hole many times. */
function distinct(steps: readonly Step[]): readonly Step[] {
  const found = new Map<string, Step>();
  for (const step of steps) {
    const { endpoint, input, label } = step;
    const kind =
      endpoint === 'CopyFileRequest'
        ? textAt(input, 'file_type')
        : ['CreateContainerRequest', 'ExecProcessRequest'].includes(endpoint)
          ? label
          : '';
    const key = `${endpoint} ${kind}`;
    if (!found.has(key)) found.set(key, step);
  }
  return [...found.values()];
}
