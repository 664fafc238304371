/** Draws modules from a seed, compares, and makes what it finds as small as it can. */
import fc from 'fast-check';
import { type Aspect, compareSample, type Difference } from './compare.ts';
import { type Sample, sampleOf, type Style } from './generate.ts';
import type { Peer } from './peer.ts';

export interface Finding {
  readonly peer: string;
  readonly tape: readonly number[];
  readonly difference: Difference;
  readonly sample: Sample;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly cases: number;
  readonly style?: Style | undefined;
  /** Differences that count. */
  readonly aspects: readonly Aspect[];
  /** Stop after so many. */
  readonly maxFindings: number;
}

export function drawTapes({ seed, cases }: Pick<FuzzOptions, 'seed' | 'cases'>): number[][] {
  const tape = fc.noBias(
    fc.array(fc.nat({ max: 65_535 }), { minLength: 100, maxLength: 400, size: 'max' }),
  );
  return fc.sample(tape, { seed, numRuns: cases });
}

export async function fuzz(peer: Peer, options: FuzzOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let from = 0; from < options.cases; from += DRAWN_AT_ONCE) {
    const cases = Math.min(DRAWN_AT_ONCE, options.cases - from);
    // Each stretch has a seed of its own, so that any of them can be run again.
    for (const tape of drawTapes({ seed: options.seed + from, cases })) {
      const difference = await compareSample(peer, sampleOf(tape, options.style));
      if (difference === undefined || !options.aspects.includes(difference.aspect)) continue;
      findings.push(await smaller(peer, tape, difference, options.style));
      if (findings.length >= options.maxFindings) return findings;
    }
  }
  return findings;
}

/** Tapes are long; more of them at once would only fill memory. */
const DRAWN_AT_ONCE = 1_000;

/** Questions that shrinking one finding may cost. */
const SHRINK_BUDGET = 300;

/** Cuts the tape, drops stretches of it and zeroes choices, as long as the same aspect differs. */
async function smaller(
  peer: Peer,
  tape: readonly number[],
  difference: Difference,
  style: Style | undefined,
): Promise<Finding> {
  let best = { tape: [...tape], difference };
  let budget = SHRINK_BUDGET;
  const attempt = async (candidate: readonly number[]): Promise<boolean> => {
    if (budget <= 0) return false;
    budget -= 1;
    const found = await compareSample(peer, sampleOf(candidate, style));
    if (found?.aspect !== difference.aspect) return false;
    best = { tape: [...candidate], difference: found };
    return true;
  };
  for (let step = best.tape.length >> 1; step > 0 && budget > 0; step >>= 1) {
    while (best.tape.length > step && (await attempt(best.tape.slice(0, -step))));
    for (let at = 0; at + step <= best.tape.length && budget > 0; at += step) {
      const without = [...best.tape.slice(0, at), ...best.tape.slice(at + step)];
      const zeroed = best.tape.map((choice, i) => (i >= at && i < at + step ? 0 : choice));
      if (await attempt(without)) at -= step;
      else if (zeroed.some((choice, i) => choice !== best.tape[i])) await attempt(zeroed);
    }
  }
  return { peer: peer.name, ...best, sample: sampleOf(best.tape, style) };
}

export function findingText({ peer, sample, difference }: Finding): string {
  return [
    `### ${peer}: ${difference.aspect} of ${difference.rule}`,
    ...sample.modules.flatMap(({ text }) => ['```rego', text.trimEnd(), '```']),
    `input ${sample.input}`,
    `data ${sample.data}`,
    `katasim: ${difference.katasim}`,
    `${peer}: ${difference.peer}`,
    '',
  ].join('\n');
}
