/**
 * `npm run conformance:agent [-- --scenario NAME --grep TEXT --differences]`: replays the calls that were
 * recorded from a genuine kata-agent and prints, per scenario, how many answers are equal.
 */
import process, { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { readExceptions, review } from './exceptions.ts';
import { pairsFile, readPairs, runsOf } from './pairs.ts';
import { replay, type Outcome } from './replay.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    scenario: { type: 'string', short: 's', multiple: true, default: [] },
    grep: { type: 'string', short: 'g', default: '' },
    differences: { type: 'boolean', short: 'd', default: false },
  },
});

const file = pairsFile();
if (file === undefined) throw new Error('needs the recorded calls: set KATASIM_SHARED');
const exceptions = readExceptions();
const listed = new Set(exceptions.map(({ id }) => id));
const isAsked = (scenario: string): boolean =>
  values.scenario.length === 0 || values.scenario.includes(scenario);

const outcomes: Outcome[] = [];
for (const run of runsOf(readPairs(file)))
  if (run.pairs.some(({ scenario }) => isAsked(scenario))) outcomes.push(...(await replay(run)));

const compared = outcomes.filter(({ pair }) => pair.compared !== 'none');
for (const scenario of new Set(compared.map(({ pair }) => pair.scenario))) {
  const own = compared.filter(({ pair }) => pair.scenario === scenario);
  const different = own.filter(({ equal, pair }) => !equal && !listed.has(pair.id)).length;
  const known = own.filter(({ equal, pair }) => !equal && listed.has(pair.id)).length;
  const equal = own.length - different - known;
  stdout.write(`${scenario}: ${equal} equal, ${different} different, ${known} listed\n`);
}
const isWanted = ({ pair }: Outcome): boolean =>
  values.grep === '' ? values.differences : `${pair.id} ${pair.desc}`.includes(values.grep);
for (const { pair, ours } of compared.filter((each) => !each.equal && isWanted(each))) {
  stdout.write(
    `\n${pair.id} ${listed.has(pair.id) ? '(listed) ' : ''}${pair.desc.slice(0, 200)}\n`,
  );
  stdout.write(`  request ${JSON.stringify(pair.request).slice(0, 600)}\n`);
  stdout.write(`  real    ${JSON.stringify(pair.real).slice(0, 600)}\n`);
  stdout.write(`  ours    ${JSON.stringify(ours).slice(0, 600)}\n`);
}
const { unexpected, stale } = review(outcomes, exceptions);
for (const { id } of stale) stdout.write(`STALE ${id}: equal now, or gone; take it out\n`);
stdout.write(
  `${compared.length} calls: ${compared.filter(({ equal }) => equal).length} equal, ${unexpected.length} different, ${listed.size} listed\n`,
);
process.exitCode = unexpected.length + stale.length > 0 ? 1 : 0;
