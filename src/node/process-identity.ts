/** A process; its start time tells it apart from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the kernel's own units; undefined where the kernel does not report it. */
  readonly started?: string | undefined;
}
