/**
 * Executables of the simulated images: a file with the ELF magic whose rest names a program of the
 * table. Being content, it survives `cp`, `ln` and CopyFile like a real binary.
 */
import { SysError } from './errno.ts';

const MAGIC = '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0';
const MARK = 'katasim-program:';

export function executable(program: string): Uint8Array {
  return Buffer.from(`${MAGIC}${MARK}${program}\n`, 'latin1');
}

export type Loaded =
  | { readonly kind: 'program'; readonly name: string }
  | {
      readonly kind: 'script';
      readonly interpreter: string;
      readonly argument: string | undefined;
    };

/** What execve(2) makes of the first bytes; the name may carry a suite: `busybox/ls`. ENOEXEC for anything but ELF and `#!`. */
export function load(content: Uint8Array): Loaded {
  const head = Buffer.from(content.subarray(0, 256)).toString('latin1');
  if (head.startsWith(MAGIC + MARK)) {
    const name = head.slice(MAGIC.length + MARK.length).split('\n')[0] ?? '';
    return { kind: 'program', name };
  }
  const script = /^#![ \t]*([^\s]+)(?:[ \t]+([^\n]*?))?[ \t]*(?:\n|$)/.exec(head);
  if (script?.[1] !== undefined)
    return { kind: 'script', interpreter: script[1], argument: script[2] };
  throw new SysError('ENOEXEC');
}
