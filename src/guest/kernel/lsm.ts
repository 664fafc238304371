/**
 * What a security module of the simulated kernel is asked, and by whom: seccomp, capabilities,
 * AppArmor and their like plug in here. The kernel asks through `Boundary` (boundary.ts); no program
 * and no other part of the guest asks a module itself. Order of the questions within one call:
 * `maySyscall`, then path resolution, then permission bits with their capabilities, then the hook of
 * the object. Source: Linux kernel/seccomp.c, fs/namei.c inode_permission, security/security.c.
 */
import type { Errno } from './errno.ts';

/** User, groups and effective capabilities of a process. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Effective capabilities without the CAP_ prefix. */
  readonly capabilities: ReadonlySet<string>;
}

/** The process that acts. The agent itself is no subject: nobody is asked about it. */
export interface Subject {
  readonly pid: number;
  readonly containerId: string;
  /** Resolved path of the running executable; empty before the first execve. */
  readonly exe: string;
  readonly argv: readonly string[];
  readonly credentials: Credentials;
  /** Ends the process by the signal and unwinds its program. */
  die(signal: number): never;
}

/** A system call as seccomp sees it: its Linux name and the arguments in registers, pointers left out. */
interface SystemCall {
  readonly name: string;
  readonly args?: readonly number[] | undefined;
}

/** The object of a file operation: symlinks followed, mounts applied, the container's root as `/`. */
export interface FileObject {
  readonly path: string;
  /** Undefined: the name is about to be made. */
  readonly node: { readonly mode: number; readonly uid: number; readonly gid: number } | undefined;
  readonly mount: { readonly destination: string; readonly type: string };
}

export interface OpenRequest {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  readonly create: boolean;
  readonly truncate: boolean;
}

/** Changes to a directory or an inode, by the inode operation of Linux. */
export type FileChange =
  | 'create'
  | 'mkdir'
  | 'mknod'
  | 'symlink'
  | 'link'
  | 'unlink'
  | 'rmdir'
  | 'rename'
  | 'truncate'
  | 'setattr';

export interface SocketRequest {
  readonly family: 'inet' | 'inet6' | 'netlink';
  readonly type: 'stream' | 'dgram' | 'raw';
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'route';
}

export interface PeerRequest extends SocketRequest {
  readonly host: string;
  readonly port: number;
}

/** A signal ends the process, as SECCOMP_RET_KILL_PROCESS does; an errno is the call's result. */
export type Refusal = { readonly errno: Errno } | { readonly signal: number };

type Verdict = Refusal | undefined;

/** A hook that is absent refuses nothing. */
export interface Lsm {
  readonly name: string;
  maySyscall?(subject: Subject, call: SystemCall): Verdict;
  /** Asked only when the process holds the capability. */
  capable?(subject: Subject, capability: string): boolean;
  mayOpen?(subject: Subject, object: FileObject, request: OpenRequest): Verdict;
  /** stat, readlink, and listing of names below an open directory. */
  mayGetattr?(subject: Subject, object: FileObject): Verdict;
  /** `target` is the second name of link and rename. */
  mayChange?(
    subject: Subject,
    object: FileObject,
    change: FileChange,
    target?: FileObject,
  ): Verdict;
  mayExec?(subject: Subject, object: FileObject, argv: readonly string[]): Verdict;
  maySocket?(subject: Subject, request: SocketRequest): Verdict;
  mayConnect?(subject: Subject, peer: PeerRequest): Verdict;
  mayBind?(subject: Subject, local: PeerRequest): Verdict;
  maySignal?(subject: Subject, target: Subject, signal: number): Verdict;
}
