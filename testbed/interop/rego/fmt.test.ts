/**
 * `opa fmt` changes nothing in what we have formatted: every .rego file of this repository, and the
 * policies of the probes. Runs where the OPA peer has been built (`npm run interop:rego` builds it).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatModule } from '#rego';
import { Peer, peerBinary } from './peer.ts';

const root = join(import.meta.dirname, '../../..');

/** Files, and the files inside scenarios. */
function policies(): readonly { readonly name: string; readonly text: string }[] {
  const listed = execFileSync('git', ['ls-files', '*.rego', '*.txtar'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed
    .trim()
    .split('\n')
    .flatMap((name) => {
      const text = readFileSync(join(root, name), 'utf8');
      if (name.endsWith('.rego')) return [{ name, text }];
      const parts = text.split(/^-- (\S+) --\n/m).slice(1);
      return parts.flatMap((part, i) =>
        i % 2 === 0 && part.endsWith('.rego')
          ? [{ name: `${name}: ${part}`, text: parts[i + 1] ?? '' }]
          : [],
      );
    });
}

describe.skipIf(!existsSync(peerBinary('opa')))('opa fmt leaves our format as it is', () => {
  it('in every policy of the repository', async () => {
    await using peer = new Peer('opa');
    const changed: string[] = [];
    let count = 0;
    for (const { name, text } of policies()) {
      const v1 = formatModule({ name, text });
      const regoVersion = v1.text === undefined ? 'v0' : 'v1';
      const ours = v1.text ?? formatModule({ name, text }, { regoVersion }).text;
      if (ours === undefined) continue;
      const modules = [{ name, text: ours }];
      const theirs = await peer.ask({ op: 'fmt', modules, v0: regoVersion === 'v0' });
      count += 1;
      if (theirs.text !== ours) changed.push(`${name}: ${theirs.error ?? theirs.text ?? ''}`);
    }
    expect(changed).toEqual([]);
    expect(count).toBeGreaterThan(20);
  });
});
