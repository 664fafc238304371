/** Which fields of a policy's `input` can be null: unset messages, and nothing else. */
import { codecOf, type Codec } from './codec.ts';
import { endpoints } from './descriptor.ts';

/**
 * Whether the field at a path of names (`['OCI', 'Linux']`, elements of lists left out) is null in some
 * request of some endpoint. Lists, maps and scalars are always there.
 */
export const mayBeNullInInput = (path: readonly string[]): boolean =>
  endpoints.some(({ requestType }) => endsInMessage(codecOf(requestType), path));

function endsInMessage(codec: Codec, [name, ...rest]: readonly string[]): boolean {
  // Only `type` is spelled otherwise in a document, and it is a scalar everywhere.
  const field = codec.fields.find((one) => one.name === name);
  if (field === undefined) return false;
  const isOne = field.label !== 'repeated' && field.label !== 'map';
  if (rest.length === 0)
    return isOne && (field.message !== undefined || field.label !== 'singular');
  return field.message !== undefined && endsInMessage(field.message, rest);
}
