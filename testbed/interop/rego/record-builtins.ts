/**
 * `tsx --conditions=source testbed/interop/rego/record-builtins.ts [--check]`: asks OPA and regorus about
 * every call of src/rego/builtins/testdata that has no answer yet, and writes both answers beside it.
 * `--check` asks about all of them and lists where an engine answers otherwise than recorded. Known:
 * `time.now_ns`; and regular expressions that need Unicode tables, which the `regex` crate of the agent's
 * workspace has and that of the peer, built alone, has not.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { Peer, peerAbsence, type PeerAnswer } from './peer.ts';

interface Answer {
  readonly value?: string;
  readonly undefined?: true;
  readonly error?: string;
  readonly panic?: true;
  readonly absent?: true;
}

interface Row {
  readonly call: string;
  opa?: Answer;
  regorus?: Answer;
}

const folder = join(import.meta.dirname, '../../../src/rego/builtins/testdata');

/** `f(a, [b, c])` as `f(data.t.id(a), data.t.id([b, c]))`: operands whose types OPA cannot refuse. */
function untyped(call: string): string {
  const open = call.indexOf('(');
  const inner = call.slice(open + 1, call.lastIndexOf(')'));
  const operands: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of inner.matchAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|[[\](){},]/g)) {
    if ('[({'.includes(token)) depth += 1;
    else if ('])}'.includes(token)) depth -= 1;
    else if (token === ',' && depth === 0) {
      operands.push(inner.slice(start, index));
      start = index + 1;
    }
  }
  const last = inner.slice(start);
  if (last.trim() !== '') operands.push(last);
  return `${call.slice(0, open)}(${operands.map((one) => `id(${one.trim()})`).join(', ')})`;
}

/** `print` gives the value in the engine's own spelling, sets included; v0 has the deprecated ones, too. */
const policy = (call: string): string =>
  `package t\nid(x) = x\np {\ny := ${untyped(call)}\nprint([y])\n}\n`;

function answerOf({ outcome, phase, error = '', prints = [] }: PeerAnswer): Answer {
  if (phase === 'panic' || phase === 'crash') return { panic: true };
  if (/undefined function|could not find function/.test(error)) return { absent: true };
  if (outcome === 'error') {
    const message = /(?:eval_(?:builtin|type|internal)_error|error): ([^]*)$/.exec(error)?.[1];
    return { error: message ?? error };
  }
  const [printed] = prints;
  return printed === undefined
    ? { undefined: true }
    : { value: printed.trimEnd().replace(/^m\.rego:\d+: /, '') };
}

async function ask(peer: Peer, call: string): Promise<Answer> {
  const modules = [{ name: 'm.rego', text: policy(call) }];
  return answerOf(
    await peer.ask({ op: 'eval', modules, query: 'data.t.p', v0: true, strict: true }),
  );
}

/** regorus' error texts carry a source excerpt: that a call fails is what counts. */
const same = (recorded: Answer | undefined, now: Answer, engine: 'opa' | 'regorus'): boolean =>
  recorded === undefined ||
  (engine === 'regorus' && recorded.error !== undefined && now.error !== undefined) ||
  isDeepStrictEqual(recorded, now);

const absence = peerAbsence('opa') ?? peerAbsence('regorus');
if (absence !== undefined) {
  process.stderr.write(`${absence}\n`);
  process.exitCode = 2;
} else {
  const checkOnly = process.argv.includes('--check');
  await using opa = new Peer('opa');
  await using regorus = new Peer('regorus');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const path = join(folder, name);
    const rows = JSON.parse(readFileSync(path, 'utf8')) as Row[];
    let asked = 0;
    for (const row of rows) {
      if (!checkOnly && (row.opa !== undefined || row.regorus !== undefined)) continue;
      asked += 1;
      for (const [engine, peer] of [
        ['opa', opa],
        ['regorus', regorus],
      ] as const) {
        const now = await ask(peer, row.call);
        if (!checkOnly) row[engine] = now;
        else if (!same(row[engine], now, engine)) {
          const [was, is] = [row[engine], now].map((answer) => JSON.stringify(answer));
          process.stdout.write(`${row.call}: ${engine}: recorded ${was}, answers ${is}\n`);
        }
      }
    }
    if (!checkOnly && asked > 0) writeFileSync(path, `${JSON.stringify(rows, null, 1)}\n`);
    process.stdout.write(`${name}: ${asked} asked\n`);
  }
}
