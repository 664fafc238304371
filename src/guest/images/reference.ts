/**
 * Image references: `nginx`, `docker.io/library/nginx:1.27`, `registry/ns/name@sha256:...`.
 * Source: distribution/reference, normalisation of familiar names.
 */
interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const REPOSITORY =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const REGISTRY = /^[a-zA-Z0-9]+([.-][a-zA-Z0-9]+)*(:\d{1,5})?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Undefined for what is no reference at all. */
export function parseReference(text: string): ImageReference | undefined {
  const [nameAndTag = '', digest] = text.split('@');
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  const slash = nameAndTag.indexOf('/');
  const first = slash < 0 ? '' : nameAndTag.slice(0, slash);
  // The first component is a registry if it could be a host name.
  const hasRegistry = first === 'localhost' || /[.:]/.test(first);
  if (hasRegistry && !REGISTRY.test(first)) return undefined;
  const registry = hasRegistry ? first : 'docker.io';
  const rest = hasRegistry ? nameAndTag.slice(slash + 1) : nameAndTag;
  const colon = rest.lastIndexOf(':');
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  const name = colon < 0 ? rest : rest.slice(0, colon);
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const repository = registry === 'docker.io' && !name.includes('/') ? `library/${name}` : name;
  if (!REPOSITORY.test(repository)) return undefined;
  return { registry, repository, tag: digest === undefined ? (tag ?? 'latest') : tag, digest };
}

/** `docker.io/library/nginx:latest`: how containerd spells it. */
export function canonicalName(reference: ImageReference): string {
  const { registry, repository, tag, digest } = reference;
  const suffix = (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
  return `${registry}/${repository}${suffix}`;
}
