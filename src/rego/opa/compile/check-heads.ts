/**
 * Variables of a rule's head that its body never mentions. OPA reports these before it looks at any
 * body. Head terms that have to be evaluated count as part of the body.
 */
import type { Term } from '../../ast.ts';
import type { Pass } from './pass.ts';
import { type Branch, type ResolvedRule, sourceName } from '../../compile/policy.ts';
import { eachLiteralVar, eachVar } from '../../compile/vars.ts';
import { walkTerm } from '../../compile/walk.ts';

export const checkHeads: Pass = {
  name: 'check-heads',
  run(policy, sink) {
    for (const rule of policy.rules) {
      for (const branch of rule.branches) {
        const known = namesOf(rule, branch);
        const reported = new Set<string>();
        for (const term of headTerms(rule, branch)) {
          if (isEvaluated(term)) continue;
          eachVar(term, ({ name, span }) => {
            if (known.has(name) || reported.has(name)) return;
            reported.add(name);
            sink.error('rego_unsafe_var_error', span, `var ${sourceName(name)} is unsafe`);
          });
        }
      }
    }
  },
};

function headTerms(rule: ResolvedRule, branch: Branch): readonly Term[] {
  const own = branch === rule.branches[0];
  const terms = own ? [...rule.dynamic] : [];
  if (own && rule.key !== undefined) terms.push(rule.key);
  if (branch.value !== undefined) terms.push(branch.value);
  return terms;
}

/** Variables of the arguments and, outside of closures, of the body; evaluated head terms included. */
function namesOf(rule: ResolvedRule, branch: Branch): ReadonlySet<string> {
  const names = new Set<string>();
  for (const arg of rule.args ?? []) eachVar(arg, ({ name }) => names.add(name));
  for (const literal of branch.body ?? []) {
    eachLiteralVar(literal, ({ name }) => names.add(name), false);
  }
  for (const term of headTerms(rule, branch)) {
    if (isEvaluated(term)) eachVar(term, ({ name }) => names.add(name), false);
  }
  return names;
}

function isEvaluated(term: Term): boolean {
  let found = false;
  walkTerm(term, {
    term({ kind }) {
      found ||=
        kind === 'ref' || kind === 'call' || kind === 'comprehension' || kind === 'template';
      return !found;
    },
  });
  return found;
}
