/**
 * The one place that decides whether a process may do what it asks for: permission bits and
 * capabilities here, then the security modules. Every system call of a program passes it, through the
 * process (`Process`), its file view (`FileView`), its network view (`NetworkView`) or its system
 * view (`SystemView`). Methods throw the call's errno, or end the process.
 */
import { SysError } from './errno.ts';
import type {
  Credentials,
  FileChange,
  FileObject,
  Lsm,
  OpenRequest,
  PeerRequest,
  Refusal,
  SocketRequest,
  Subject,
} from './lsm.ts';

export type Access = 'r' | 'w' | 'x';
const BIT = { r: 4, w: 2, x: 1 } as const;

/** What the permission bits of an inode need to be judged. */
interface Inode {
  readonly kind: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

type Asker = Subject | undefined;

export class Boundary {
  readonly #modules: readonly Lsm[];

  /** In the order of the kernel's `lsm=` list. */
  constructor(modules: readonly Lsm[] = []) {
    this.#modules = modules;
  }

  /** Before a call looks at anything: the place of seccomp. */
  enter(subject: Asker, name: string, args?: readonly number[]): void {
    if (subject === undefined) return;
    for (const module of this.#modules) obey(subject, module.maySyscall?.(subject, { name, args }));
  }

  /** Capability sets first: a module is asked only about what the sets allow. */
  capable(subject: Asker, capability: string): boolean {
    if (subject === undefined) return true;
    if (!subject.credentials.capabilities.has(capability)) return false;
    return this.#modules.every((module) => module.capable?.(subject, capability) ?? true);
  }

  /** Owner, group and other bits; then the capabilities that override them. Source: fs/namei.c, generic_permission. */
  permits(subject: Asker, node: Inode, access: Access): boolean {
    if (subject === undefined || bitsAllow(node, subject.credentials, access)) return true;
    const isDir = node.kind === 'dir' || node.kind === 'virtual-dir';
    const searches = access === 'r' || (access === 'x' && isDir);
    if (searches && this.capable(subject, 'DAC_READ_SEARCH')) return true;
    const overridable = access !== 'x' || isDir || (node.mode & 0o111) !== 0;
    return overridable && this.capable(subject, 'DAC_OVERRIDE');
  }

  assertPermits(subject: Asker, node: Inode, access: Access): void {
    if (!this.permits(subject, node, access)) throw new SysError('EACCES');
  }

  /** The owner, or who holds the capability; EPERM otherwise. */
  assertOwner(subject: Asker, node: Inode, capability: string): void {
    if (subject === undefined || subject.credentials.uid === node.uid) return;
    this.assertCapable(subject, capability);
  }

  assertCapable(subject: Asker, capability: string): void {
    if (!this.capable(subject, capability)) throw new SysError('EPERM');
  }

  open(subject: Asker, object: FileObject, request: OpenRequest): void {
    if (subject === undefined) return;
    for (const module of this.#modules) obey(subject, module.mayOpen?.(subject, object, request));
  }

  getattr(subject: Asker, object: FileObject): void {
    if (subject === undefined) return;
    for (const module of this.#modules) obey(subject, module.mayGetattr?.(subject, object));
  }

  change(subject: Asker, object: FileObject, change: FileChange, target?: FileObject): void {
    if (subject === undefined) return;
    for (const module of this.#modules)
      obey(subject, module.mayChange?.(subject, object, change, target));
  }

  exec(subject: Subject, object: FileObject, argv: readonly string[]): void {
    for (const module of this.#modules) obey(subject, module.mayExec?.(subject, object, argv));
  }

  socket(subject: Subject, request: SocketRequest): void {
    for (const module of this.#modules) obey(subject, module.maySocket?.(subject, request));
  }

  connect(subject: Subject, peer: PeerRequest): void {
    for (const module of this.#modules) obey(subject, module.mayConnect?.(subject, peer));
  }

  bind(subject: Subject, local: PeerRequest): void {
    // Ports below 1024. Source: net/ipv4/af_inet.c, inet_port_requires_bind_service.
    if (local.port < 1024 && subject.credentials.uid !== 0)
      if (!this.capable(subject, 'NET_BIND_SERVICE')) throw new SysError('EACCES');
    for (const module of this.#modules) obey(subject, module.mayBind?.(subject, local));
  }

  /** Same user, or CAP_KILL. Source: kernel/signal.c, kill_ok_by_cred. */
  signal(subject: Subject, target: Subject, signal: number): void {
    if (subject.credentials.uid !== target.credentials.uid) this.assertCapable(subject, 'KILL');
    for (const module of this.#modules) obey(subject, module.maySignal?.(subject, target, signal));
  }
}

/** Permission bits and capabilities only: the agent's view, and what it prepares for a process. */
export const NO_MODULES = new Boundary();

function obey(subject: Subject, refusal: Refusal | undefined): void {
  if (refusal === undefined) return;
  if ('signal' in refusal) subject.die(refusal.signal);
  throw new SysError(refusal.errno);
}

function bitsAllow(node: Inode, who: Credentials, access: Access): boolean {
  const inGroup = node.gid === who.gid || who.groups.includes(node.gid);
  const shift = node.uid === who.uid ? 6 : inGroup ? 3 : 0;
  return ((node.mode >> shift) & BIT[access]) !== 0;
}
