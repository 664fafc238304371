/**
 * Which fields say what a container is. A candidate that differs there is another container; one that
 * differs in what a container may do is the same one, changed.
 */
import type { OriginKey } from '#rego';

type Keys = readonly OriginKey[];

interface Identity {
  readonly fits: (path: Keys) => boolean;
  readonly weight: number;
}

/** Source: containerd and CRI-O annotations, as genpolicy's settings list them. */
const NAME = /(?:^|[./])container[-_.]?name$/i;
const IMAGE = /(?:^|[./])image[-_.]?name$/i;
const TYPE = /(?:^|[./])container[-_.]?type$/i;

const annotation =
  (key: RegExp) =>
  (path: Keys): boolean =>
    path.at(-2) === 'Annotations' && key.test(String(path.at(-1)));

const startsWith =
  (...prefix: readonly string[]) =>
  (path: Keys): boolean =>
    prefix.every((key, i) => path[i] === key);

/** Heaviest first. */
const IDENTITIES: readonly Identity[] = [
  { fits: annotation(NAME), weight: 8 },
  { fits: annotation(IMAGE), weight: 6 },
  { fits: annotation(TYPE), weight: 6 },
  { fits: startsWith('OCI', 'Process', 'Args'), weight: 4 },
  { fits: (path) => path[0] === 'storages' && path[2] === 'source', weight: 4 },
  { fits: (path) => path.length === 1 && path[0] === 'container_id', weight: 2 },
];

/** How much a difference at a field says that another container is meant; 1: nothing. */
export const identityWeight = (path: Keys): number =>
  IDENTITIES.find(({ fits }) => fits(path))?.weight ?? 1;

/** The annotation with a container's name. */
export const isNameField = annotation(NAME);
