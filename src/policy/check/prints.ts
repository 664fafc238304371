/**
 * Prints that show whole inputs. What a policy prints stands in the denial's message, and that in the
 * pod's events: whoever may describe the pod reads it.
 */
import { walkTerm, type Term } from '#rego';
import { forEachTerm, InputPaths, type InputPath } from './input-paths.ts';
import type { CheckContext } from './finding.ts';

/** Parts of requests that hold what users put there: environments, arguments, stdin, policies. */
const WHOLE: readonly { readonly path: string; readonly holds: string }[] = [
  { path: '', holds: 'the whole request' },
  { path: 'OCI', holds: 'the whole OCI spec with its environment' },
  { path: 'OCI.Process', holds: 'the arguments and the environment of the container' },
  { path: 'OCI.Process.Env', holds: 'the environment of the container' },
  { path: 'process', holds: 'the arguments and the environment of the process' },
  { path: 'process.Env', holds: 'the environment of the process' },
  { path: 'data', holds: 'what a user types' },
  { path: 'policy', holds: 'the text of the new policy' },
];

/** Functions whose result still shows their arguments. */
const SHOWING = new Set(['sprintf', 'concat', 'json.marshal', 'base64.encode', 'array.concat']);

export function findLeakingPrints({ policy, report }: CheckContext): void {
  const paths = new InputPaths(policy);
  for (const rule of policy.rules) {
    forEachTerm(rule, (term) => {
      if (term.kind !== 'call' || term.name !== 'print') return;
      const shown = term.args
        .flatMap(shownTerms)
        .flatMap((one) => paths.of(one, rule))
        .flatMap(rowOf);
      const [worst] = shown.sort((a, b) => a.path.length - b.path.length);
      if (worst === undefined) return;
      const name = ['input', worst.path].filter((part) => part !== '').join('.');
      report('print-leaks', term.span, {
        message: `print shows ${name}, ${worst.holds}: it stands in pod events when a request is denied`,
        hint: 'Print the one field that the next line compares.',
      });
    });
  }
}

const rowOf = (path: InputPath): typeof WHOLE => {
  const text = path.join('.');
  return WHOLE.filter((row) => row.path === text);
};

/** The argument itself, what collections in it hold, and what showing functions are given. */
function shownTerms(arg: Term): readonly Term[] {
  const found: Term[] = [];
  walkTerm(arg, {
    term(term) {
      if (term.kind === 'call') return SHOWING.has(term.name) ? undefined : false;
      if (term.kind === 'comprehension') return false;
      if (term.kind === 'var' || term.kind === 'ref') {
        found.push(term);
        return false;
      }
      return undefined;
    },
  });
  return found;
}
