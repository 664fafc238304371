/**
 * `tsx --conditions=source testbed/interop/rego/record-probes.ts [--check]`: asks regorus about every
 * probe of testbed/conformance/probes that has no `want` yet, and writes the answer beside it. `--check`
 * asks about all of them and lists where the peer answers otherwise; it is the registry's release nearest
 * to the commit in the agent, so a difference there is for a person to judge, and nothing is written.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { Peer, peerAbsence, type PeerAnswer } from './peer.ts';

interface Probe {
  readonly id: string;
  readonly rego_version: 'v0' | 'v1';
  readonly policy: string;
  readonly query: string;
  readonly input?: unknown;
  readonly input_json?: string;
  readonly data?: unknown;
  want?: unknown;
}

const folder = join(import.meta.dirname, '../../conformance/probes');

/** In the shape of testbed/conformance/probes.ts. */
function wantOf({ outcome, phase, error, text, prints = [] }: PeerAnswer): unknown {
  if (phase === 'panic' || phase === 'crash') return { panic: true };
  if (outcome === 'error') return { phase, error, ...(phase === 'eval' && { prints }) };
  return outcome === 'undefined'
    ? { result: 'undefined', prints }
    : { result: 'value', value_text: text, prints };
}

async function ask(peer: Peer, probe: Probe): Promise<unknown> {
  const { policy, query, data, input, rego_version: version } = probe;
  const inputText = probe.input_json ?? (input === undefined ? undefined : JSON.stringify(input));
  const answer = await peer.ask({
    op: 'eval',
    modules: [{ name: 'agent_policy', text: policy }],
    query,
    v0: version === 'v0',
    ...(data !== undefined && { data: JSON.stringify(data) }),
    ...(inputText !== undefined && { input: inputText }),
  });
  return wantOf(answer);
}

const absence = peerAbsence('regorus');
if (absence !== undefined) {
  process.stderr.write(`${absence}\n`);
  process.exitCode = 2;
} else {
  const checkOnly = process.argv.includes('--check');
  await using peer = new Peer('regorus');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const path = join(folder, name);
    const document = JSON.parse(readFileSync(path, 'utf8')) as { cases: Probe[] };
    let asked = 0;
    for (const probe of document.cases) {
      if (!checkOnly && probe.want !== undefined) continue;
      const want = await ask(peer, probe);
      asked += 1;
      if (!checkOnly) probe.want = want;
      else if (!isDeepStrictEqual(probe.want, want)) {
        process.stdout.write(`${probe.id}: recorded ${JSON.stringify(probe.want)}\n`);
        process.stdout.write(`${' '.repeat(probe.id.length)}  answers  ${JSON.stringify(want)}\n`);
      }
    }
    if (!checkOnly && asked > 0) writeFileSync(path, `${JSON.stringify(document, null, 1)}\n`);
    process.stdout.write(`${name}: ${asked} asked\n`);
  }
}
