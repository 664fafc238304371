/**
 * `npm run interop:rego [-- --seed N --cases N --against PEER,... --style v1|v0
 * --aspects verdict,value,... --out FILE]`:
 * builds the peers and compares generated policies. Exit code 1 when they differ.
 */
import { writeFileSync } from 'node:fs';
import process, { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import type { Aspect } from './compare.ts';
import { findingText, fuzz } from './fuzz.ts';
import { Peer, peerAbsence, type PeerName } from './peer.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '2000' },
    against: { type: 'string', default: 'opa,regorus' },
    style: { type: 'string', default: 'v1' },
    aspects: { type: 'string', default: 'verdict,value,prints,code' },
    'max-findings': { type: 'string', default: '20' },
    out: { type: 'string' },
  },
});

const texts: string[] = [];
for (const name of values.against.split(',') as PeerName[]) {
  const absence = peerAbsence(name);
  if (absence !== undefined) {
    stdout.write(`${name}: skipped, ${absence}\n`);
    continue;
  }
  await using peer = new Peer(name);
  const findings = await fuzz(peer, {
    seed: Number(values.seed),
    cases: Number(values.cases),
    style: values.style === 'v0' ? 'v0' : 'v1',
    aspects: values.aspects.split(',') as Aspect[],
    maxFindings: Number(values['max-findings']),
  });
  stdout.write(`${name}: ${values.cases} modules, ${findings.length} differences\n`);
  texts.push(...findings.map(findingText));
}
if (values.out !== undefined) writeFileSync(values.out, texts.join('\n'));
else for (const text of texts) stdout.write(`${text}\n`);
process.exitCode = texts.length === 0 ? 0 : 1;
