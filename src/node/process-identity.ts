/** A process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the kernel's own units; undefined where the kernel does not say. */
  readonly started?: string | undefined;
}
