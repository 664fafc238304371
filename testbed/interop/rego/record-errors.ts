/**
 * `tsx --conditions=source testbed/interop/rego/record-errors.ts`: asks OPA again about every module
 * of src/rego/opa/compile/testdata and writes its errors beside them. Review the difference before
 * committing; `want_ours` (where we differ on purpose) is never touched.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isMap, isScalar, isSeq, parseDocument, Scalar } from 'yaml';
import { Peer, peerAbsence, type PeerError } from './peer.ts';

interface Case {
  readonly note: string;
  readonly modules: readonly string[];
  readonly v0?: boolean;
  readonly strict?: boolean;
  readonly unsafe?: readonly string[];
  readonly builtins?: readonly string[];
}

const folder = join(import.meta.dirname, '../../../src/rego/opa/compile/testdata');

function errorLines({ code, message, file, row, col, details = [] }: PeerError): string {
  const place = row === 0 ? '' : `${file}:${String(row)}:${String(col)}: `;
  return [`${place}${code}: ${message}`, ...details].join('\n\t');
}

async function errorsOf(peer: Peer, one: Case): Promise<readonly string[]> {
  const { v0, strict, unsafe, builtins } = one;
  const answer = await peer.ask({
    op: 'check',
    modules: one.modules.map((text, i) => ({ name: `m${String(i)}.rego`, text })),
    ...(v0 !== undefined && { v0 }),
    ...(strict !== undefined && { strict }),
    ...(unsafe !== undefined && { unsafe }),
    ...(builtins !== undefined && { builtins }),
  });
  if (answer.outcome !== 'done') throw new Error(`${one.note}: ${answer.error ?? 'no answer'}`);
  if (answer.phase === 'parse') throw new Error(`${one.note} does not parse`);
  // Sorted, because OPA's own order varies from run to run.
  return (answer.errors ?? []).map(errorLines).sort();
}

async function record(path: string, peer: Peer): Promise<number> {
  const document = parseDocument(readFileSync(path, 'utf8'));
  const { cases } = document.toJS() as { cases: Case[] };
  const items = document.get('cases');
  if (!isSeq(items)) throw new Error(`${path} has no cases`);
  for (const [i, one] of cases.entries()) {
    const node = items.items[i];
    const list = document.createNode(await errorsOf(peer, one));
    for (const line of list.items) {
      if (isScalar(line)) {
        line.type = String(line.value).includes('\n') ? Scalar.BLOCK_LITERAL : Scalar.PLAIN;
      }
    }
    if (isMap(node)) node.set('want_errors', list);
  }
  writeFileSync(path, document.toString({ lineWidth: 0 }));
  return cases.length;
}

const absence = peerAbsence('opa');
if (absence !== undefined) {
  process.stderr.write(`${absence}\n`);
  process.exitCode = 2;
} else {
  await using peer = new Peer('opa');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.yaml'))) {
    process.stdout.write(`${name}: ${String(await record(join(folder, name), peer))} cases\n`);
  }
}
