/**
 * Errors of simulated system calls: number, the C library's text, and Rust's io::ErrorKind, which the
 * agent prints when it passes an io::Error through. Source: Linux asm-generic errno, glibc strerror.
 */
const TABLE = {
  EPERM: [1, 'Operation not permitted', 'PermissionDenied'],
  ENOENT: [2, 'No such file or directory', 'NotFound'],
  ESRCH: [3, 'No such process', 'Uncategorized'],
  EINTR: [4, 'Interrupted system call', 'Interrupted'],
  EIO: [5, 'Input/output error', 'Uncategorized'],
  ENXIO: [6, 'No such device or address', 'Uncategorized'],
  E2BIG: [7, 'Argument list too long', 'ArgumentListTooLong'],
  ENOEXEC: [8, 'Exec format error', 'Uncategorized'],
  EBADF: [9, 'Bad file descriptor', 'Uncategorized'],
  ECHILD: [10, 'No child processes', 'Uncategorized'],
  EAGAIN: [11, 'Resource temporarily unavailable', 'WouldBlock'],
  ENOMEM: [12, 'Cannot allocate memory', 'OutOfMemory'],
  EACCES: [13, 'Permission denied', 'PermissionDenied'],
  ENOTBLK: [15, 'Block device required', 'Uncategorized'],
  EBUSY: [16, 'Device or resource busy', 'ResourceBusy'],
  EEXIST: [17, 'File exists', 'AlreadyExists'],
  EXDEV: [18, 'Invalid cross-device link', 'CrossesDevices'],
  ENODEV: [19, 'No such device', 'Uncategorized'],
  ENOTDIR: [20, 'Not a directory', 'NotADirectory'],
  EISDIR: [21, 'Is a directory', 'IsADirectory'],
  EINVAL: [22, 'Invalid argument', 'InvalidInput'],
  ENOTTY: [25, 'Inappropriate ioctl for device', 'Uncategorized'],
  EFBIG: [27, 'File too large', 'FileTooLarge'],
  ENOSPC: [28, 'No space left on device', 'StorageFull'],
  EROFS: [30, 'Read-only file system', 'ReadOnlyFilesystem'],
  EPIPE: [32, 'Broken pipe', 'BrokenPipe'],
  ERANGE: [34, 'Numerical result out of range', 'Uncategorized'],
  ENAMETOOLONG: [36, 'File name too long', 'InvalidFilename'],
  ENOSYS: [38, 'Function not implemented', 'Unsupported'],
  ENOTEMPTY: [39, 'Directory not empty', 'DirectoryNotEmpty'],
  ELOOP: [40, 'Too many levels of symbolic links', 'FilesystemLoop'],
  EADDRINUSE: [98, 'Address already in use', 'AddrInUse'],
  ENETDOWN: [100, 'Network is down', 'NetworkDown'],
  ENETUNREACH: [101, 'Network is unreachable', 'NetworkUnreachable'],
  ECONNRESET: [104, 'Connection reset by peer', 'ConnectionReset'],
  ETIMEDOUT: [110, 'Connection timed out', 'TimedOut'],
  ECONNREFUSED: [111, 'Connection refused', 'ConnectionRefused'],
  EHOSTUNREACH: [113, 'No route to host', 'HostUnreachable'],
} as const;

export type Errno = keyof typeof TABLE;

export const errnoNumber = (errno: Errno): number => TABLE[errno][0];
export const errnoText = (errno: Errno): string => TABLE[errno][1];
export const rustKindOf = (errno: Errno): string => TABLE[errno][2];

/** A system call failed. Programs print `text`; nothing outside the guest sees this type. */
export class SysError extends Error {
  readonly errno: Errno;

  constructor(errno: Errno) {
    super(errnoText(errno));
    this.errno = errno;
  }
}

/** The errno of a failed system call, or undefined for anything else. */
export function errnoOf(thrown: unknown): Errno | undefined {
  return thrown instanceof SysError ? thrown.errno : undefined;
}
