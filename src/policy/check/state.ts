/** Policy state, where it is sure to go wrong: operations that fail, are ignored, or lead nowhere. */
import { endpoints } from '#wire';
import { RegoObject, type ResolvedPolicy, type Span, type Term, type Value } from '#rego';
import { forEachTerm } from './input-paths.ts';
import type { CheckContext } from './finding.ts';

/** One RFC 6902 operation as the policy writes it; undefined members are computed or absent. */
interface Operation {
  readonly op: string | undefined;
  readonly path: string | undefined;
  readonly hasValue: boolean;
  readonly span: Span;
}

const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);
const WITH_VALUE = new Set(['add', 'replace', 'test']);

export function findStatePitfalls(context: CheckContext): void {
  const { policy, report } = context;
  checkAnswers(context);
  const operations = operationsIn(policy);
  for (const { op, path, hasValue, span } of operations) {
    const wrong = malformed(op, path, hasValue);
    if (wrong === undefined) continue;
    report('state-bad-operation', span, {
      message: `${wrong}: the answer is malformed and the request fails with INTERNAL`,
      hint: 'Operations are RFC 6902: {"op": "add", "path": "/pstate/key", "value": 1}.',
    });
  }
  const [written] = operations.filter(({ op }) => op === 'add' || op === 'replace');
  if (written === undefined) return;
  if (!readsState(policy)) {
    report('state-never-read', written.span, {
      message: 'state is written here and no rule ever looks at data.pstate: it forbids nothing',
      hint: 'Compare with data.pstate where a second request must differ, or leave the operations out.',
    });
  }
  const perRequest = operations.find(({ op, path }) => op === 'add' && path === undefined);
  const removes = operations.some(({ op }) => op === 'remove' || op === 'replace');
  if (perRequest !== undefined && !removes) {
    report('state-never-removed', perRequest.span, {
      message:
        'state is kept under a computed key and no answer removes it: a restarted container or a removed id meets what the old one left',
      hint: 'Answer RemoveContainerRequest with {"allowed": true, "ops": [{"op": "remove", "path": ...}]}, with default false.',
    });
  }
}

function malformed(
  op: string | undefined,
  path: string | undefined,
  hasValue: boolean,
): string | undefined {
  if (op !== undefined && !OPERATIONS.has(op)) return `"${op}" is not a JSON Patch operation`;
  if (path !== undefined && path !== '' && !path.startsWith('/'))
    return `the path "${path}" does not start with a slash`;
  if (op !== undefined && WITH_VALUE.has(op) && !hasValue) return `"${op}" needs a value`;
  return undefined;
}

function operationsIn({ rules }: ResolvedPolicy): readonly Operation[] {
  const found: Operation[] = [];
  for (const rule of rules) {
    forEachTerm(rule, (term) => {
      if (term.kind === 'object') {
        const op = member(term, 'op');
        if (op === undefined || member(term, 'path') === undefined) return;
        found.push({
          op: op.kind === 'string' ? op.value : undefined,
          path: textOfTerm(member(term, 'path')),
          hasValue: member(term, 'value') !== undefined,
          span: term.span,
        });
      } else if (term.kind === 'constant') {
        collectConstants(term.value, term.span, found);
      }
    });
  }
  return found;
}

function collectConstants(value: Value, span: Span, found: Operation[]): void {
  // Operations stand in lists of one or two; the policy data of a pod is no place for them.
  if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) {
      if (item instanceof RegoObject) collectConstants(item, span, found);
    }
    return;
  }
  if (!(value instanceof RegoObject)) return;
  const [op, path] = [value.get('op'), value.get('path')];
  if (typeof op !== 'string' || typeof path !== 'string') {
    const ops = value.get('ops');
    if (Array.isArray(ops)) collectConstants(ops as Value, span, found);
    return;
  }
  found.push({ op, path, hasValue: value.get('value') !== undefined, span });
}

function readsState({ rules }: ResolvedPolicy): boolean {
  let found = false;
  for (const rule of rules) {
    forEachTerm(rule, (term) => {
      if (term.kind !== 'ref' || term.head.kind !== 'var' || term.head.name !== 'data') return;
      const [first] = term.path;
      // A computed part may be anything, state included.
      found ||= first?.kind !== 'string' || first.value === 'pstate';
    });
  }
  return found;
}

/** The values that endpoints answer with. */
function checkAnswers({ policy, kata, report }: CheckContext): void {
  const root = policy.tree.children.get('agent_policy');
  for (const { endpoint } of endpoints) {
    for (const rule of root?.children.get(endpoint)?.rules ?? []) {
      for (const { value } of rule.branches) {
        if (value?.kind !== 'object' && value?.kind !== 'constant') continue;
        if (!kata.state) {
          report('state-unsupported', value.span, {
            endpoint,
            message: `this agent takes true or false as an answer and no object: ${endpoint} fails with INTERNAL here`,
            hint: 'State and operations exist from Kata 3.11.0 on.',
          });
        }
        if (deniesWithOps(value)) {
          report('state-ops-ignored', value.span, {
            endpoint,
            message: 'the answer denies the request, so its ops are ignored',
            hint: 'Leave ops out, or allow.',
          });
        }
      }
    }
  }
}

function deniesWithOps(term: Term): boolean {
  if (term.kind === 'object') {
    const [allowed, ops] = [member(term, 'allowed'), member(term, 'ops')];
    const isEmpty = ops?.kind === 'constant' && Array.isArray(ops.value) && ops.value.length === 0;
    return allowed?.kind === 'boolean' && !allowed.value && ops !== undefined && !isEmpty;
  }
  if (term.kind !== 'constant' || !(term.value instanceof RegoObject)) return false;
  const ops = term.value.get('ops');
  return term.value.get('allowed') === false && Array.isArray(ops) && ops.length > 0;
}

function member(term: Extract<Term, { kind: 'object' }>, name: string): Term | undefined {
  const at = term.keys.findIndex((key) => key.kind === 'string' && key.value === name);
  return term.values[at];
}

const textOfTerm = (term: Term | undefined): string | undefined =>
  term?.kind === 'string' ? term.value : undefined;
