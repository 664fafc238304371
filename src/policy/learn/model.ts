/** What was recorded, as rules: one per container, and what may be asked of each. */
import type { ErrorLocation } from '#base';
import { stringifyJson } from '#wire';
import { identityOf, variablesOf, type Identity, type Scope } from './identity.ts';
import {
  annotationOf,
  memberOf,
  STDIN_ENDPOINTS,
  textMember,
  type Call,
  type Container,
  type Recording,
} from './recording.ts';
import { mergedExecs } from './merge-execs.ts';
import { latest, mergeShapes, shapeKey, type Shape, type Generalization } from './shape.ts';
import { templateOf, type TemplateContext } from './template.ts';
import type { Bound } from './text.ts';

export interface ContainerRule {
  readonly name: string;
  readonly image: string;
  readonly shape: Shape;
  readonly places: readonly ErrorLocation[];
  readonly generalizations: readonly Generalization[];
  /** How many of it ran at the same time. */
  readonly maxConcurrent: number;
}

/** Which containers a request may be about. */
export type About =
  | { readonly kind: 'none' }
  | { readonly kind: 'rules'; readonly names: readonly string[] }
  /** Its creation is not in the recording. */
  | { readonly kind: 'unknown' };

export interface CallRule {
  readonly endpoint: string;
  readonly about: About;
  /** An object of the request's fields; without `container_id` when it is about known containers. */
  readonly shape: Shape;
  readonly places: readonly ErrorLocation[];
  /** An exec whose stdin was used, or a use of such a stdin. */
  readonly stdin: boolean;
  readonly generalizations: readonly Generalization[];
}

export interface Model {
  readonly identity: Identity;
  readonly containers: readonly ContainerRule[];
  readonly calls: readonly CallRule[];
  /** Endpoints that were called on containers before these were started. */
  readonly beforeStart: ReadonlySet<string>;
  /** StartContainer came for a container that was running already. */
  readonly startsTwice: boolean;
  /** A pod begins where another has not ended. */
  readonly continues: boolean;
}

export interface ModelOptions {
  readonly exact: boolean;
  readonly state: boolean;
  readonly isRedacted: (name: string) => boolean;
  readonly hidden: string;
}

type Growing<T> = { -readonly [K in keyof T]: T[K] };

export function modelOf({ pods }: Recording, options: ModelOptions): Model {
  const identity = identityOf(pods, options.exact);
  const builder = new ModelBuilder(identity, options);
  for (const pod of pods) {
    for (const container of pod.containers) builder.addContainer(container);
  }
  for (const pod of pods) {
    builder.startPod();
    for (const call of pod.calls) builder.addCall(call);
  }
  const containers = pods.flatMap((pod) => pod.containers);
  return {
    identity,
    containers: builder.containers,
    calls: builder.calls,
    beforeStart: new Set(containers.flatMap(({ before }) => [...before])),
    startsTwice: builder.startsTwice,
    continues: pods.some((pod) => pod.continues),
  };
}

class ModelBuilder {
  readonly #identity: Identity;
  readonly #options: ModelOptions;
  readonly #rules = new Map<string, Growing<ContainerRule>[]>();
  readonly #ruleOf = new Map<Container, Growing<ContainerRule>>();
  readonly #containerOf = new Map<Call, Container>();
  readonly #calls = new Map<string, Growing<CallRule>>();
  readonly #stdinExecs = new Set<Call>();
  #present = new Map<Container, ContainerRule>();
  #started = new Set<Container>();
  startsTwice = false;

  constructor(identity: Identity, options: ModelOptions) {
    this.#identity = identity;
    this.#options = options;
  }

  get containers(): readonly ContainerRule[] {
    return [...this.#rules.values()].flat();
  }

  get calls(): readonly CallRule[] {
    const rules = [...this.#calls.values()].map((rule): CallRule =>
      rule.about.kind === 'rules'
        ? { ...rule, about: { kind: 'rules', names: [...rule.about.names].sort() } }
        : rule,
    );
    return mergedExecs(rules);
  }

  addContainer(container: Container): void {
    const { created } = container;
    this.#containerOf.set(created, container);
    for (const exec of container.stdin) this.#stdinExecs.add(exec);
    const shape = this.#template(created, CREATION);
    const variants = this.#variantsOf(created);
    for (const rule of variants) {
      const generalizations: Generalization[] = [];
      const merged = mergeShapes(rule.shape, shape, '', generalizations);
      if (merged === undefined) continue;
      rule.shape = merged;
      rule.places = [...rule.places, created.place];
      rule.generalizations = latest([...rule.generalizations, ...generalizations]);
      this.#ruleOf.set(container, rule);
      return;
    }
    const rule: Growing<ContainerRule> = {
      name: this.#freeName(nameOf(created)),
      image: imageOf(created),
      shape,
      places: [created.place],
      generalizations: [],
      maxConcurrent: 1,
    };
    variants.push(rule);
    this.#ruleOf.set(container, rule);
  }

  startPod(): void {
    this.#present = new Map();
    this.#started = new Set();
  }

  addCall(call: Call): void {
    const { endpoint, container } = call;
    const created = this.#containerOf.get(call);
    if (created !== undefined) {
      this.#noteCreated(created);
      return;
    }
    if (container !== undefined && endpoint === 'StartContainerRequest') {
      if (this.#started.has(container)) this.startsTwice = true;
      this.#started.add(container);
    }
    if (container !== undefined && endpoint === 'RemoveContainerRequest')
      this.#present.delete(container);
    this.#learn(call);
  }

  #noteCreated(container: Container): void {
    const rule = this.#ruleOf.get(container);
    if (rule === undefined) return;
    this.#present.set(container, rule);
    const count = [...this.#present.values()].filter((one) => one === rule).length;
    rule.maxConcurrent = Math.max(rule.maxConcurrent, count);
  }

  #learn(call: Call): void {
    const { endpoint, container } = call;
    const rule = container && this.#ruleOf.get(container);
    const scope = this.#scopeOf(call);
    let shape = this.#template(call, scope);
    const stdin = this.#options.state && (this.#stdinExecs.has(call) || this.#opensStdin(call));
    if (rule !== undefined) shape = without(shape, 'container_id');
    if (stdin && endpoint !== 'ExecProcessRequest') shape = without(shape, 'exec_id');
    const kind = rule !== undefined ? 'rules' : call.isOnContainer ? 'unknown' : 'none';
    const key = `${endpoint} ${kind} ${stdin} ${shapeKey(shape)}`;
    const known = this.#calls.get(key);
    if (known === undefined) {
      const about: About =
        rule === undefined
          ? { kind: kind === 'unknown' ? kind : 'none' }
          : { kind: 'rules', names: [rule.name] };
      this.#calls.set(key, {
        endpoint,
        about,
        shape,
        places: [call.place],
        stdin,
        generalizations: [],
      });
      return;
    }
    (known.places as ErrorLocation[]).push(call.place);
    if (
      rule !== undefined &&
      known.about.kind === 'rules' &&
      !known.about.names.includes(rule.name)
    )
      known.about = { kind: 'rules', names: [...known.about.names, rule.name] };
  }

  #scopeOf(call: Call): Scope {
    if (call.endpoint === 'CreateSandboxRequest')
      return new Set<Bound>([
        'sandbox_id',
        ...(this.#identity.hostnameIsName ? (['pod_name'] as const) : []),
      ]);
    if (!call.isOnContainer) return NOTHING;
    if (call.container === undefined) return NOTHING;
    return this.#options.state ? CREATION : JUST_ID;
  }

  /** Bound values that the containers do not carry are patterns. */
  #template(call: Call, scope: Scope): Shape {
    const { keys } = this.#identity;
    const isSandbox = call.endpoint === 'CreateSandboxRequest';
    const bound = new Set(
      [...scope].filter(
        (name) =>
          isSandbox ||
          name === 'id' ||
          keys[name === 'pod_uid_slice' ? 'pod_uid' : name] !== undefined,
      ),
    );
    const { exact, isRedacted, hidden } = this.#options;
    const context: TemplateContext = {
      endpoint: call.endpoint,
      variables: variablesOf(call, this.#identity, bound),
      exact,
      isRedacted,
      hidden,
    };
    return templateOf(call.input, context);
  }

  #opensStdin({ endpoint, container, input }: Call): boolean {
    const execId = textMember(input, 'exec_id');
    return STDIN_ENDPOINTS.has(endpoint) && container?.execs.has(execId ?? '') === true;
  }

  /** Rules for what may be the same container: same kind, name, image and command. */
  #variantsOf({ input }: Call): Growing<ContainerRule>[] {
    const process = memberOf(memberOf(input, 'OCI'), 'Process');
    const key = JSON.stringify([
      annotationOf(input, 'container_type')?.value,
      annotationOf(input, 'container_name')?.value,
      imageOf({ input }),
      stringifyJson(memberOf(process, 'Args') ?? null),
    ]);
    const known = this.#rules.get(key) ?? [];
    this.#rules.set(key, known);
    return known;
  }

  #freeName(wanted: string): string {
    const taken = new Set(this.containers.map(({ name }) => name));
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`;
    return name;
  }
}

const NOTHING: Scope = new Set();
const JUST_ID: Scope = new Set(['id']);
const CREATION: Scope = new Set(['id', 'sandbox_id', 'pod_name', 'pod_uid', 'pod_uid_slice']);

function nameOf({ input }: Call): string {
  const name = annotationOf(input, 'container_name')?.value;
  if (name !== undefined && name !== '') return name;
  return annotationOf(input, 'container_type')?.value === 'sandbox' ? 'pause' : 'container';
}

function imageOf({ input }: Pick<Call, 'input'>): string {
  const pulled = memberOf(input, 'storages');
  const storage = Array.isArray(pulled) ? (pulled[0] as Call['input']) : undefined;
  const source =
    memberOf(storage, 'driver') === 'image_guest_pull' ? memberOf(storage, 'source') : undefined;
  const image = annotationOf(input, 'image')?.value ?? source;
  return typeof image === 'string' ? image : '';
}

function without(shape: Shape, name: string): Shape {
  if (shape.kind !== 'object') return shape;
  return { kind: 'object', members: new Map([...shape.members].filter(([key]) => key !== name)) };
}
