/**
 * find, with the tests and actions that scripts in containers use.
 */
import { sizeOf } from './listing.ts';
import { isDir, type Node } from '../fs/node.ts';
import { errnoOf } from '../kernel/errno.ts';
import type { ProgramRow } from '../kernel/kernel.ts';
import { matches } from '../shell/pattern.ts';
import { command, forFiles, say, UsageError } from './io.ts';
import { runChild } from './process-tools.ts';

const find = command(async (process, argv) => {
  const words = argv.slice(1);
  const split = words.findIndex((word) => word.startsWith('-') || word === '!');
  const roots = split < 0 ? words : words.slice(0, split);
  const expression = split < 0 ? [] : words.slice(split);
  let maxDepth = Infinity;
  let minDepth = 0;
  let print = true;
  const tests: ((path: string, node: Node) => boolean | Promise<boolean>)[] = [];
  let negate = false;
  const push = (test: (path: string, node: Node) => boolean | Promise<boolean>): void => {
    const invert = negate;
    negate = false;
    tests.push(invert ? async (path, node) => !(await test(path, node)) : test);
  };
  const KINDS: Readonly<Record<string, (node: Node) => boolean>> = {
    f: (node) => node.kind === 'file' || node.kind === 'virtual-file',
    d: isDir,
    l: (node) => node.kind === 'link' || node.kind === 'descriptor',
    p: (node) => node.kind === 'fifo',
    c: (node) => node.kind === 'device',
  };
  for (let at = 0; at < expression.length; at++) {
    const word = expression[at] ?? '';
    const value = (): string => expression[++at] ?? '';
    if (word === '!' || word === '-not') negate = !negate;
    else if (word === '-name' || word === '-iname') {
      const pattern = value();
      const fold = word === '-iname';
      push((path) => {
        const name = path.split('/').at(-1) ?? '';
        return fold ? matches(pattern.toLowerCase(), name.toLowerCase()) : matches(pattern, name);
      });
    } else if (word === '-path') {
      const pattern = value();
      push((path) => matches(pattern, path));
    } else if (word === '-type') {
      const kind = KINDS[value()];
      if (kind === undefined) throw new UsageError('Unknown argument to -type');
      push((_, node) => kind(node));
    } else if (word === '-maxdepth') maxDepth = Number(value());
    else if (word === '-mindepth') minDepth = Number(value());
    else if (word === '-empty')
      push((path, node) =>
        isDir(node) ? process.files.list(path).length === 0 : sizeOf(node) === 0,
      );
    else if (word === '-print' || word === '-a') continue;
    else if (word === '-delete') {
      print = false;
      push((path, node) => {
        if (isDir(node)) process.files.rmdir(path);
        else process.files.unlink(path);
        return true;
      });
    } else if (word === '-exec') {
      const end = expression.findIndex(
        (candidate, index) => index > at && (candidate === ';' || candidate === '+'),
      );
      const line = expression.slice(at + 1, end < 0 ? undefined : end);
      at = end < 0 ? expression.length : end;
      print = false;
      push(
        async (path) =>
          (await runChild(
            process,
            'find',
            line.map((part) => part.replaceAll('{}', path)),
          )) === 0,
      );
    } else throw new UsageError(`unknown predicate \`${word}'`);
  }
  const postOrder = expression.includes('-delete');
  const visit = async (path: string, depth: number): Promise<void> => {
    await process.step();
    const node = process.files.lstat(path);
    const act = async (): Promise<void> => {
      if (depth < minDepth) return;
      for (const test of tests) if (!(await test(path, node))) return;
      if (print) await say(process, `${path}\n`);
    };
    if (!postOrder) await act();
    if (isDir(node) && depth < maxDepth) {
      for (const name of process.files.list(path)) {
        try {
          await visit(path.endsWith('/') ? path + name : `${path}/${name}`, depth + 1);
        } catch (error) {
          if (errnoOf(error) !== 'ENOENT') throw error;
        }
      }
    }
    if (postOrder) await act();
  };
  return forFiles(process, argv, roots.length === 0 ? ['.'] : roots, (root) => visit(root, 0));
});

export const findPrograms: readonly ProgramRow[] = [{ name: 'find', run: find }];
