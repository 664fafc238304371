/**
 * What the host knows of an image: its config, as containerd reads it from the registry. The layers
 * are pulled in the guest.
 */
export interface ImageConfig {
  /** The reference in full: `docker.io/library/busybox:latest`. */
  readonly reference: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  /** `uid`, `uid:gid`, a name, or empty for root. */
  readonly user: string;
  /** As the image's files have them; undefined when the host holds no layers. */
  readonly accounts?: ImageAccounts | undefined;
}

/** The texts of `/etc/passwd` and `/etc/group`. */
export interface ImageAccounts {
  readonly passwd: string;
  readonly group: string;
}

export interface ImageRegistry {
  /** The config behind a reference as users write it, or undefined when there is no such image. */
  resolve(reference: string): ImageConfig | undefined;
  /** For the error text of an unknown image. */
  readonly names: readonly string[];
}
