/** Builtins without a result (`print`) used where a value is needed. */
import { builtinType } from './builtin-types.ts';
import type { Pass } from './pass.ts';
import { eachCall } from './resolved-walk.ts';
import { callText } from '../../compile/term-text.ts';

export const checkVoidCalls: Pass = {
  name: 'check-void-calls',
  run(policy, sink) {
    eachCall(policy, ({ call, literal }) => {
      if (literal !== undefined || builtinType(call.name)?.void !== true) return;
      sink.error('rego_type_error', call.span, `${callText(call)} used as value`);
    });
  },
};
