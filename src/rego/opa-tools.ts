/** Tools of the OPA half that are part of the room's door. */
import { opaDialect, type OpaDialect } from './opa-dialect.ts';

/** The canonical form of a module, as `opa fmt` has it. */
export const formatModule: OpaDialect['formatModule'] = (source, options) =>
  opaDialect().formatModule(source, options);

/** The syntax tree in the shape of `opa parse --format json`. */
export const moduleToJson: OpaDialect['moduleToJson'] = (module) =>
  opaDialect().moduleToJson(module);

/** What OPA would refuse in a policy that regorus takes as it is. */
export const opaChecks: OpaDialect['opaChecks'] = (modules, strict) =>
  opaDialect().opaChecks(modules, strict);
