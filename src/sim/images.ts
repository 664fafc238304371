/** The guest's image catalogue as the registry that the shim resolves references against. */
import { ImageCatalogue, type CatalogueImage } from '#guest';
import type { ImageConfig, ImageRegistry } from '#shim';

export function imageRegistry(catalogue = new ImageCatalogue()): ImageRegistry {
  return {
    resolve(reference) {
      const image = catalogue.find(reference);
      return image === undefined ? undefined : configOf(reference, image);
    },
    names: catalogue
      .list()
      .map(({ name }) => name)
      .filter((name) => !name.endsWith('/pause')),
  };
}

/** The host holds the image, too: containerd reads its accounts. */
function configOf(reference: string, image: CatalogueImage): ImageConfig {
  const passwd = ImageCatalogue.textOf(image, '/etc/passwd');
  const group = ImageCatalogue.textOf(image, '/etc/group');
  return { reference, ...image.config, accounts: { passwd, group } };
}
