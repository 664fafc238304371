/** Names of objects, containers and volumes. Source: Kubernetes 1.34, apimachinery pkg/util/validation. */
import type { ObjectReader, Path } from './object-reader.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = String.raw`${LABEL}(\.${LABEL})*`;
const MAX_SUBDOMAIN = 253;
const MAX_LABEL = 63;

const NOT_SUBDOMAIN = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;
const NOT_LABEL = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;

/** What the API server says of a name that is no DNS subdomain; undefined when it is one. */
function subdomainProblem(name: string): string | undefined {
  if (name.length > MAX_SUBDOMAIN) return `must be no more than ${MAX_SUBDOMAIN} characters`;
  return new RegExp(`^${SUBDOMAIN}$`).test(name) ? undefined : NOT_SUBDOMAIN;
}

export function readName(reader: ObjectReader, path: Path): string {
  const name = reader.text(path);
  const problem = subdomainProblem(name);
  return problem === undefined ? name : invalid(reader, path, name, problem);
}

/** Names that become parts of paths and host names. */
export function readLabel(reader: ObjectReader, path: Path): string {
  const label = reader.text(path);
  if (label.length > MAX_LABEL) {
    return invalid(reader, path, label, `must be no more than ${MAX_LABEL} characters`);
  }
  return new RegExp(`^${LABEL}$`).test(label) ? label : invalid(reader, path, label, NOT_LABEL);
}

export const optionalLabel = (reader: ObjectReader, path: Path): string | undefined =>
  reader.has(path) ? readLabel(reader, path) : undefined;

function invalid(reader: ObjectReader, path: Path, value: string, problem: string): never {
  return reader.fail(
    path,
    `Invalid value: ${JSON.stringify(value.slice(0, 80))}: ${problem}`,
    'Use lower-case letters, digits and dashes.',
  );
}
