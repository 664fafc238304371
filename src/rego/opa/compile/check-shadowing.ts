/**
 * `input` and `data` may not be the name of an argument (any dialect), nor of a rule or an assigned
 * variable (v1, or strict).
 */
import type { Module, Rule, VarTerm } from '../../ast.ts';
import type { Pass, PassOptions } from './pass.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import { walkRule, walkTerm, walkTerms } from '../../compile/walk.ts';

export const isRoot = (name: string): boolean => name === 'input' || name === 'data';

/** Checks that v1 made, and strict mode before it. */
export const isV1Strict = (module: Module, options: PassOptions): boolean =>
  options.strict || module.regoVersion === 'v1';

/** One finding per rule, as OPA gives up a rule at its first. */
export const checkArgNames: Pass = {
  name: 'check-arg-names',
  run(policy, sink) {
    for (const module of policy.modules) {
      for (const rule of module.source.rules) {
        const name = rootArgument(rule);
        if (name === undefined) continue;
        sink.error('rego_compile_error', rule.span, mustNotShadow('args', name, 'variable'));
      }
    }
  },
};

export const checkKeywordOverrides: Pass = {
  name: 'check-keyword-overrides',
  run(policy, sink, options) {
    for (const module of policy.modules) {
      if (!isV1Strict(module.source, options)) continue;
      for (const rule of module.source.rules) checkRule(rule, sink);
    }
  },
};

function checkRule(rule: Rule, sink: DiagnosticSink): void {
  const { name } = rule.head;
  if (isRoot(name)) {
    sink.error('rego_compile_error', rule.span, mustNotShadow('rules', name, 'rule'));
  }
  walkRule(rule, {
    literal(literal) {
      if (literal.kind !== 'expr' || literal.term.kind !== 'call') return undefined;
      const target = literal.term.infix === ':=' ? literal.term.args[0] : undefined;
      if (target?.kind === 'var' && isRoot(target.name)) {
        const message = mustNotShadow('variables', target.name, 'variable');
        sink.error('rego_compile_error', target.span, message);
      }
      return undefined;
    },
  });
}

/** References cannot be part of an argument pattern: there is nothing yet to read them from. */
export const checkArgReferences: Pass = {
  name: 'check-arg-references',
  run(policy, sink) {
    for (const { source } of policy.rules) {
      for (const arg of source.head.args ?? []) {
        const names = new Set<string>();
        walkTerm(arg, {
          term(term) {
            if (term.kind === 'template' || term.kind === 'comprehension') return false;
            if (term.kind !== 'ref') return undefined;
            for (const part of [term.head, ...term.path]) {
              if (part.kind === 'var') names.add(part.name);
            }
            return undefined;
          },
        });
        for (const name of names) {
          sink.error('rego_unsafe_var_error', arg.span, `var ${name} is unsafe`);
        }
      }
    }
  },
};

const mustNotShadow = (what: string, name: string, kind: string): string =>
  `${what} must not shadow ${name} (use a different ${kind} name)`;

function rootArgument(rule: Rule): string | undefined {
  let found: VarTerm | undefined;
  walkTerms(rule.head.args ?? [], {
    term(term) {
      if (term.kind === 'ref' || term.kind === 'call' || term.kind === 'comprehension')
        return false;
      if (term.kind === 'var' && isRoot(term.name)) found ??= term;
      return undefined;
    },
  });
  return found?.name;
}
