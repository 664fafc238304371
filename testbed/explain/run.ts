/**
 * `npx tsx --conditions=source testbed/explain/run.ts [N]`: the rate over all mutations, or over every
 * N-th of them.
 */
import process from 'node:process';
import { measure, rateText } from './rate.ts';

const every = Number(process.argv[2] ?? 1);
process.stdout.write(`${rateText(measure((index) => index % every === 0))}\n`);
