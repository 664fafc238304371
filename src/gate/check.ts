/**
 * What can be said about a policy without a request: which of the 41 endpoints it leaves out,
 * mistypes, or can never allow. Sound in one direction: `never` is certain, `conditional` is all else.
 */
import { nearest } from '#base';
import { opaPosition, type CompiledPolicy } from '#rego';
import { endpoints } from '#wire';
import type { RegoEngine } from './rego-engine.ts';
import { isSettled, settledAnswer } from './settled.ts';

type Policy = CompiledPolicy['resolved'];
type Rule = Policy['rules'][number];
type Branch = Rule['branches'][number];
type Term = NonNullable<Branch['value']>;
type Literal = NonNullable<Branch['body']>[number];
type RuleNode = Policy['tree'];
type Span = Rule['source']['span'];

type EndpointStatus =
  /** Every request is allowed. */
  | 'always'
  /** It depends on the request, as far as can be told. */
  | 'conditional'
  /** No request can be allowed. */
  | 'never'
  /** There is no rule: every request is INTERNAL, not PERMISSION_DENIED. */
  | 'missing';

export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface EndpointFinding {
  readonly endpoint: string;
  /** The AgentService methods that ask for it. */
  readonly methods: readonly string[];
  readonly status: EndpointStatus;
  /** Without one, a request that no rule covers is INTERNAL instead of PERMISSION_DENIED. */
  readonly hasDefault: boolean;
  /** The rule that decides it, when there is one. */
  readonly place: Place | undefined;
  /** That rule. */
  readonly span: Span | undefined;
}

/** A rule that is spelled like an endpoint and is none. */
export interface StrayRule {
  readonly name: string;
  /** `stale`: an RPC that Kata once had. `mistyped`: near an endpoint. */
  readonly kind: 'stale' | 'mistyped' | 'unknown';
  readonly suggestion: string | undefined;
  readonly place: Place;
  readonly span: Span;
}

export interface PolicyCheck {
  readonly endpoints: readonly EndpointFinding[];
  readonly stray: readonly StrayRule[];
  /** Set when no module is in package agent_policy: then every endpoint is missing. */
  readonly otherPackage: string | undefined;
}

/** Rules of old samples whose RPCs are gone. Source: upstream's allow-all.rego. */
const STALE = new Set(['PullImageRequest', 'StartTracingRequest', 'StopTracingRequest']);

export function checkEndpoints(engine: RegoEngine): PolicyCheck {
  const { resolved } = engine.policy;
  const root = resolved.tree.children.get('agent_policy');
  const found = endpoints.map(({ endpoint, methods }): EndpointFinding => {
    const node = root?.children.get(endpoint);
    const written = statusOf(node, resolved);
    const status =
      written === 'conditional' && isSettled(node, resolved)
        ? settledStatus(settledAnswer(endpoint, engine))
        : written;
    const rule = node?.rules[0] ?? node?.defaults[0];
    return {
      endpoint,
      methods,
      status,
      hasDefault: (node?.defaults.length ?? 0) > 0,
      place: rule === undefined ? undefined : placeOf(rule.source.span),
      span: rule?.source.span,
    };
  });
  return { endpoints: found, stray: strayRules(root), otherPackage: otherPackage(resolved, root) };
}

function otherPackage(policy: Policy, root: RuleNode | undefined): string | undefined {
  if (root?.isPackage === true) return undefined;
  return policy.modules[0]?.source.package.path.join('.') ?? '';
}

function strayRules(root: RuleNode | undefined): StrayRule[] {
  const names = endpoints.map(({ endpoint }) => endpoint);
  const known = new Set([...names, 'AllowRequestsFailingPolicy']);
  return Array.from(root?.children ?? []).flatMap(([name, node]): StrayRule[] => {
    const rule = node.rules[0] ?? node.defaults[0];
    // A helper function is no rule about a request, whatever it is called.
    if (rule === undefined || rule.args !== undefined || known.has(name)) return [];
    const { span } = rule.source;
    const at = { place: placeOf(span), span };
    if (STALE.has(name)) return [{ name, kind: 'stale', suggestion: undefined, ...at }];
    const looksLikeOne = /^[A-Z]\w*(?:Request|Config)s?$/.test(name);
    const suggestion = nearest(name, known);
    if (suggestion !== undefined && /^[A-Z]/.test(name))
      return [{ name, kind: 'mistyped', suggestion, ...at }];
    return looksLikeOne ? [{ name, kind: 'unknown', suggestion: undefined, ...at }] : [];
  });
}

function placeOf(span: Span): Place {
  const { row, col } = opaPosition(span.source, span.start);
  return { file: span.source.name, line: row, column: col };
}

/** Undefined and objects: the first is no verdict, the second changes the state for what follows. */
const settledStatus = (answer: boolean | undefined): EndpointStatus =>
  answer === undefined ? 'conditional' : answer ? 'always' : 'never';

/** What a value says as a verdict; `unknown` depends on the request. */
type Truth = 'allow' | 'refuse' | 'unknown';

function statusOf(node: RuleNode | undefined, policy: Policy): EndpointStatus {
  if (node === undefined || (node.rules.length === 0 && node.defaults.length === 0))
    return 'missing';
  const branches = node.rules.flatMap((rule) => rule.branches);
  const possible = branches.filter((branch) => !neverHolds(branch, policy));
  const byDefault = node.defaults.flatMap((rule) => rule.branches.map(truthOf));
  const truths = [...possible.map(truthOf), ...byDefault];
  if (truths.every((truth) => truth === 'refuse')) return 'never';
  const unconditional = possible.filter(({ body }) => body === undefined).map(truthOf);
  if (unconditional.includes('allow')) return 'always';
  if (possible.length === 0 && byDefault.every((truth) => truth === 'allow')) return 'always';
  return 'conditional';
}

function truthOf({ value }: Pick<Branch, 'value'>): Truth {
  if (value === undefined) return 'allow';
  switch (value.kind) {
    case 'boolean':
      return value.value ? 'allow' : 'refuse';
    case 'object':
      return truthOfMember(value);
    case 'constant':
      return constantTruth(value);
    // Rules that answer with anything else are faults: nothing gets through.
    case 'null':
    case 'number':
    case 'string':
    case 'array':
    case 'set':
    case 'template':
    case 'unary':
      return 'refuse';
    case 'comprehension':
      return value.shape === 'object' ? 'unknown' : 'refuse';
    case 'var':
    case 'ref':
    case 'call':
      return 'unknown';
  }
}

function truthOfMember({ keys, values }: Extract<Term, { kind: 'object' }>): Truth {
  const at = keys.findIndex((key) => key.kind === 'string' && key.value === 'allowed');
  const value = values[at];
  if (value !== undefined) return value.kind === 'boolean' && !value.value ? 'refuse' : 'unknown';
  return keys.every((key) => key.kind === 'string') ? 'refuse' : 'unknown';
}

function constantTruth({ value }: Extract<Term, { kind: 'constant' }>): Truth {
  const isObject =
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object';
  return isObject && value.get('allowed') === true ? 'allow' : 'refuse';
}

function neverHolds({ body }: Branch, policy: Policy): boolean {
  return body?.some((literal) => neverTrue(literal, policy)) ?? false;
}

function neverTrue(literal: Literal, policy: Policy): boolean {
  if (literal.kind === 'some-in' || literal.kind === 'every')
    return literal.kind === 'some-in' && isUndefinedRule(literal.domain, policy);
  if (literal.kind !== 'expr' || literal.with.length > 0) return false;
  const { term, negated } = literal;
  if (negated) return term.kind === 'boolean' && term.value;
  if (term.kind === 'boolean') return !term.value;
  return isUndefinedRule(term, policy) || isFalseComparison(term);
}

/** `1 == 2`, `"a" = "b"`: two scalars that can never be equal. */
function isFalseComparison(term: Term): boolean {
  if (term.kind !== 'call' || (term.infix !== '==' && term.infix !== '=')) return false;
  const [left, right] = term.args.map(scalarText);
  return left !== undefined && right !== undefined && left !== right;
}

function scalarText(term: Term): string | undefined {
  switch (term.kind) {
    case 'string':
      return `s${term.value}`;
    case 'boolean':
      return `b${String(term.value)}`;
    case 'null':
      return 'null';
    default:
      return undefined;
  }
}

/** A reference into the package to a name that no rule has. `data.pstate` is state, not a rule. */
function isUndefinedRule(term: Term, { tree }: Policy): boolean {
  if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'data') return false;
  let node: RuleNode | undefined = tree.children.get('agent_policy');
  const [first, ...rest] = term.path;
  if (first?.kind !== 'string' || first.value !== 'agent_policy') return false;
  for (const part of rest) {
    if (node === undefined) return true;
    // From a rule on, or at a computed part, it is data that we cannot see into.
    if (node.rules.length + node.defaults.length > 0 || part.kind !== 'string') return false;
    node = node.children.get(part.value);
  }
  return node === undefined;
}
