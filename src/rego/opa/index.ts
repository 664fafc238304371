/** Door of `opa/`: what only the `opa` profiles need. The rest of `rego` asks for it through opa-dialect.ts. */
export { parseModule, parseQuery } from './parse/parse-module.ts';
export { checkPolicy } from './compile/check-policy.ts';
export { orderBody } from './compile/safety.ts';
export { checkQueryCalls, checkQueryTypes } from './compile/check-query.ts';
export { metadataValue } from './compile/metadata.ts';
export { families } from './builtins/families.ts';
export { formatModule } from './fmt/format-module.ts';
export { moduleToJson } from './ast-json.ts';
export { opaChecks } from './opa-checks.ts';
