/**
 * Every check there is, one row each: what it looks for and how bad a finding is. Each id has a page,
 * docs/checks/<id>.md, and can stand in a suppression.
 */
export type FindingSeverity = 'error' | 'warning' | 'info';

export interface CheckRow {
  /** One sentence: what is wrong when it finds something. */
  readonly summary: string;
  /** Of most of its findings; one finding may be worse or milder than its check. */
  readonly severity: FindingSeverity;
}

const rows = {
  'parse-error': { severity: 'error', summary: 'The agent’s engine cannot parse the text.' },
  'compile-error': {
    severity: 'error',
    summary: 'The policy is read, and then every request fails with INTERNAL.',
  },
  'policy-too-large': { severity: 'error', summary: 'The agent refuses a text of this size.' },
  'wrong-package': {
    severity: 'error',
    summary: 'The agent asks only for rules of package agent_policy.',
  },

  'endpoint-missing': {
    severity: 'warning',
    summary: 'An endpoint has no rule: its calls fail with INTERNAL.',
  },
  'endpoint-never-allowed': { severity: 'info', summary: 'An endpoint can never be allowed.' },
  'endpoint-unknown': {
    severity: 'warning',
    summary: 'A rule looks like an endpoint but is not one.',
  },
  'endpoint-stale': { severity: 'info', summary: 'A rule names an RPC that the agent once had.' },
  'endpoint-without-default': {
    severity: 'warning',
    summary: 'A request that no rule covers fails with INTERNAL instead of being denied.',
  },
  'rule-conflict': {
    severity: 'error',
    summary: 'Two definitions that always hold disagree: the request fails with INTERNAL.',
  },
  'verb-incomplete': {
    severity: 'warning',
    summary: 'A kubectl verb starts but cannot complete: one of its calls is never allowed.',
  },
  'fail-open': {
    severity: 'warning',
    summary: 'AllowRequestsFailingPolicy lets denied requests through.',
  },
  'policy-replaceable': {
    severity: 'info',
    summary: 'Anyone who can reach the agent can replace the policy.',
  },

  'function-missing': {
    severity: 'error',
    summary: 'A function is called that the agent of this release does not have.',
  },
  'if-not-keyword': {
    severity: 'error',
    summary: 'An old agent does not know `if`: the rule has no body and always holds.',
  },
  'dialect-v0': { severity: 'warning', summary: 'Agents from Kata 3.30.0 on refuse the text.' },
  'dialect-v1': {
    severity: 'info',
    summary: 'Agents before Kata 3.30.0 read the text otherwise.',
  },
  'null-iteration': {
    severity: 'info',
    summary: 'Iterating over a null field ends the evaluation.',
  },
  'first-key-only': {
    severity: 'warning',
    summary: 'A rule with a key and no value keeps one key: its loop stops at the first.',
  },
  'wildcard-value': {
    severity: 'error',
    summary: '`_` stands where a value is needed: the request fails with INTERNAL.',
  },
  'name-rebound': {
    severity: 'warning',
    summary:
      'From Kata 3.30.0 on a name may not be bound again: every request fails with INTERNAL.',
  },
  'minus-sign': {
    severity: 'error',
    summary: 'The agent’s engine takes a minus sign only before a number.',
  },
  'empty-body': { severity: 'warning', summary: 'Empty braces are an object, not a body.' },
  'opa-refuses': {
    severity: 'warning',
    summary: 'OPA would not compile this; the agent does, and evaluates it to nothing.',
  },

  'regex-unanchored': {
    severity: 'warning',
    summary: 'A pattern without anchors matches anywhere in the text.',
  },
  'regex-invalid': { severity: 'error', summary: 'A pattern is not a valid regular expression.' },

  'print-leaks': {
    severity: 'warning',
    summary: 'A print shows whole inputs to everyone who can read pod events.',
  },
  'secret-in-policy': {
    severity: 'warning',
    summary: 'The text holds what looks like a secret; policies are measured, not hidden.',
  },

  'state-never-read': { severity: 'warning', summary: 'State is written but never read.' },
  'state-never-removed': {
    severity: 'info',
    summary: 'State is kept per container and never removed.',
  },
  'state-ops-ignored': { severity: 'warning', summary: 'Operations of a denial are ignored.' },
  'state-bad-operation': {
    severity: 'error',
    summary: 'A state operation is malformed: the request fails with INTERNAL.',
  },
  'state-unsupported': {
    severity: 'error',
    summary: 'The agent of this release takes true and false only, no state operations.',
  },

  'size-budget': { severity: 'warning', summary: 'The policy exceeds a delivery size limit.' },

  'suppression-without-reason': {
    severity: 'warning',
    summary: 'A finding is suppressed without a reason.',
  },
  'suppression-unknown': { severity: 'warning', summary: 'A suppression names an unknown check.' },
  'suppression-unused': { severity: 'warning', summary: 'A suppression suppresses nothing.' },
} as const satisfies Readonly<Record<string, CheckRow>>;

export type CheckId = keyof typeof rows;

export const checks: Readonly<Record<CheckId, CheckRow>> = rows;

export const checkIds = Object.keys(rows) as readonly CheckId[];

export const isCheckId = (text: string): text is CheckId => Object.hasOwn(rows, text);

/** Where the page of a check is, from the root of the project. */
export const checkPage = (id: CheckId): string => `docs/checks/${id}.md`;
