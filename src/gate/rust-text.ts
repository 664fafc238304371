/**
 * Values as Rust's `{:?}` prints them: the agent renders its errors that way before they go on the
 * wire, so clients and tests see these exact bytes.
 */
import { rustString } from '#base';
import { plainDecimal, RegoObject, RegoSet, type Value } from '#rego';

export { rustString };

/** A policy engine's value; numbers and objects nest as the engine's own types do. */
export function rustValue(value: Value): string {
  if (value === null) return 'Null';
  if (typeof value === 'boolean') return `Bool(${String(value)})`;
  if (typeof value === 'string') return `String(${rustString(value)})`;
  if (value instanceof RegoSet)
    return `Set({${value.members('regorus').map(rustValue).join(', ')}})`;
  if (value instanceof RegoObject) {
    const members = value
      .keys('regorus')
      .map((key) => `${rustValue(key)}: ${rustValue(value.get(key) ?? null)}`);
    return `Object({${members.join(', ')}})`;
  }
  if (Array.isArray(value))
    return `Array([${(value as readonly Value[]).map(rustValue).join(', ')}])`;
  return `Number(${plainDecimal(value as number | bigint)})`;
}

/** The result of `data.agent_policy.<endpoint>`, one expression with one value. */
export function rustQueryResults(endpoint: string, value: Value): string {
  const text = rustString(`data.agent_policy.${endpoint}`);
  const expression = `Expression { value: ${rustValue(value)}, text: ${text}, location: Location { row: 1, col: 1 } }`;
  return `QueryResults { result: [QueryResult { expressions: [${expression}], bindings: Object({}) }] }`;
}

export const EMPTY_QUERY_RESULTS = 'QueryResults { result: [] }';
