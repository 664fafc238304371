/**
 * The expressions of `test` and `[`. Source: POSIX.1-2017, test.
 */
import { isDir, type Node } from '../fs/node.ts';
import type { FileView } from '../fs/view.ts';
import { errnoOf } from '../kernel/errno.ts';
import type { Process } from '../kernel/process.ts';

export class TestError extends Error {}

type FileTest = (node: Node, files: FileView, path: string) => boolean;

const sizeOf = (node: Node): number => (node.kind === 'file' ? node.size : isDir(node) ? 4096 : 0);

const FILE_TESTS: Readonly<Record<string, FileTest>> = {
  '-e': () => true,
  '-f': (node) => node.kind === 'file' || node.kind === 'virtual-file',
  '-d': (node) => isDir(node),
  '-s': (node) => sizeOf(node) > 0,
  '-p': (node) => node.kind === 'fifo',
  '-c': (node) => node.kind === 'device' && node.device !== 'block',
  '-b': (node) => node.kind === 'device' && node.device === 'block',
  '-S': () => false,
  '-r': (_, files, path) => files.access(path, 'r'),
  '-w': (_, files, path) => files.access(path, 'w'),
  '-x': (_, files, path) => files.access(path, 'x'),
  '-u': (node) => (node.mode & 0o4000) !== 0,
  '-g': (node) => (node.mode & 0o2000) !== 0,
  '-k': (node) => (node.mode & 0o1000) !== 0,
};

const NUMBER_TESTS: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  '-eq': (a, b) => a === b,
  '-ne': (a, b) => a !== b,
  '-lt': (a, b) => a < b,
  '-le': (a, b) => a <= b,
  '-gt': (a, b) => a > b,
  '-ge': (a, b) => a >= b,
};

const STRING_TESTS: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
};

export const isUnary = (word: string | undefined): boolean =>
  word !== undefined &&
  (word in FILE_TESTS || ['-n', '-z', '-t', '-L', '-h', '-O', '-G', '-v'].includes(word));
export const isBinary = (word: string | undefined): boolean =>
  word !== undefined &&
  (word in NUMBER_TESTS || word in STRING_TESTS || ['-nt', '-ot', '-ef', '=~'].includes(word));

function integer(text: string): bigint {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new TestError(`${text}: integer expression expected`);
  return BigInt(text.trim().replace(/^\+/, ''));
}

export function unary(process: Process, operator: string, operand: string): boolean {
  const { files } = process;
  try {
    switch (operator) {
      case '-n':
        return operand !== '';
      case '-z':
        return operand === '';
      case '-t':
        return process.descriptor(Number(operand))?.tty !== undefined;
      case '-L':
      case '-h':
        return files.lstat(operand).kind === 'link';
      case '-O':
        return files.stat(operand).uid === process.credentials.uid;
      case '-G':
        return files.stat(operand).gid === process.credentials.gid;
      default: {
        const test = FILE_TESTS[operator];
        if (test === undefined) throw new TestError(`${operator}: unary operator expected`);
        return test(files.stat(operand), files, operand);
      }
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

export function binary(process: Process, left: string, operator: string, right: string): boolean {
  const numbers = NUMBER_TESTS[operator];
  if (numbers !== undefined) return numbers(integer(left), integer(right));
  const strings = STRING_TESTS[operator];
  if (strings !== undefined) return strings(left, right);
  const mtime = (path: string): number => {
    try {
      return process.files.stat(path).mtimeMs;
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      return -1;
    }
  };
  if (operator === '-nt') return mtime(left) > mtime(right);
  if (operator === '-ot') return mtime(left) < mtime(right);
  if (operator === '-ef')
    return process.files.exists(left) && process.files.stat(left) === process.files.stat(right);
  throw new TestError(`${operator}: binary operator expected`);
}

/** The value of `test`'s arguments. POSIX decides by their number first. */
export function evaluateTest(process: Process, words: readonly string[]): boolean {
  let at = 0;
  const or = (): boolean => {
    let value = and();
    while (words[at] === '-o') {
      at++;
      value = and() || value;
    }
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (words[at] === '-a') {
      at++;
      value = not() && value;
    }
    return value;
  };
  const not = (): boolean => {
    if (words[at] === '!' && words.length - at > 1) {
      at++;
      return !not();
    }
    return primary();
  };
  const primary = (): boolean => {
    const [first, second, third] = [words[at], words[at + 1], words[at + 2]];
    if (first === undefined) throw new TestError('argument expected');
    if (third !== undefined && isBinary(second)) {
      at += 3;
      return binary(process, first, second ?? '', third);
    }
    if (first === '(' && second !== undefined) {
      at++;
      const value = or();
      if (words[at++] !== ')') throw new TestError("`)' expected");
      return value;
    }
    if (second !== undefined && isUnary(first)) {
      at += 2;
      return unary(process, first, second);
    }
    at++;
    return first !== '';
  };
  if (words.length === 0) return false;
  const value = or();
  if (at < words.length) {
    throw new TestError(
      words.length === 2 ? `${words[0] ?? ''}: unary operator expected` : 'too many arguments',
    );
  }
  return value;
}
