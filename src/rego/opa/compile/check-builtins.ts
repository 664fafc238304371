/** Calls of builtins that are deprecated (an error in v1 and strict mode) or that the host forbids. */
import { findBuiltin } from '../../builtins/registry.ts';
import type { Span } from '../../source.ts';
import { isV1Strict } from './check-shadowing.ts';
import type { Pass } from './pass.ts';
import type { DiagnosticSink } from '../../compile/sink.ts';
import type { Policy } from '../../compile/policy.ts';
import { eachCall } from './resolved-walk.ts';

export const checkDeprecatedBuiltins: Pass = {
  name: 'check-deprecated-builtins',
  run(policy, sink, options) {
    const strict = new Set(
      policy.modules
        .filter(({ source }) => isV1Strict(source, options))
        .map(({ source }) => source.span.source),
    );
    const applies = (name: string, span: Span): boolean =>
      strict.has(span.source) && findBuiltin(name)?.deprecated === true;
    report(policy, sink, 'deprecated', applies);
  },
};

export const checkUnsafeBuiltins: Pass = {
  name: 'check-unsafe-builtins',
  run(policy, sink, { unsafeBuiltins }) {
    if (unsafeBuiltins === undefined || unsafeBuiltins.size === 0) return;
    report(policy, sink, 'unsafe', (name) => unsafeBuiltins.has(name));
  },
};

function report(
  policy: Policy,
  sink: DiagnosticSink,
  what: string,
  applies: (name: string, span: Span) => boolean,
): void {
  eachCall(policy, ({ call, literal }) => {
    if (!applies(call.name, call.span)) return;
    const message = `${what} built-in function calls in expression: ${call.name}`;
    sink.error('rego_type_error', literal?.span ?? call.span, message);
  });
}
