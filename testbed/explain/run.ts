/** `npx tsx --conditions=source testbed/explain/run.ts`: the rate over all mutations. */
import process from 'node:process';
import { measure, rateText } from './rate.ts';

process.stdout.write(`${rateText(measure(() => true))}\n`);
