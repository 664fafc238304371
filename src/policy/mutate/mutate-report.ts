/** A score in words: grouped for people, as items for other programs. */
import { differenceLines } from '../diff/difference-lines.ts';
import type { Report, ReportItem } from '../report/report.ts';
import type { MutationResult, MutationScore } from './mutate.ts';
import { MUTATION_CLASSES } from './mutation.ts';

/** All results of one mutation. */
export interface MutationGroup {
  readonly name: string;
  readonly tried: number;
  /** Never empty in what `allowedGroups` gives. */
  readonly allowed: readonly MutationResult[];
}

/** The worst first, as the classes are ordered. */
export function mutationGroups({ results }: MutationScore): readonly MutationGroup[] {
  const groups = new Map<string, MutationResult[]>();
  for (const result of results)
    groups.set(result.name, [...(groups.get(result.name) ?? []), result]);
  const rank = ([first]: readonly MutationResult[]): number =>
    MUTATION_CLASSES.indexOf(first?.class ?? 'unrecorded');
  return [...groups]
    .sort(([, a], [, b]) => rank(a) - rank(b))
    .map(([name, all]) => ({
      name,
      tried: all.length,
      allowed: all.filter(({ allowed }) => allowed),
    }));
}

/** `53 of 456 hostile variants are still allowed` */
export const scoreSentence = ({ allowed, results }: MutationScore): string =>
  `${allowed} of ${results.length} hostile variants ${allowed === 1 ? 'is' : 'are'} still allowed`;

export function mutationReport(score: MutationScore, suite: string): Report {
  return {
    title: 'policy mutate',
    items: score.results.map((result): ReportItem => {
      const { name, endpoint, label, when, gain, deny, allowed, differences } = result;
      const about = [endpoint, label === endpoint ? '' : label, when].filter((part) => part !== '');
      return {
        suite,
        name: `${name} is refused: ${about.join(', ')}`,
        status: allowed ? 'failed' : 'passed',
        ruleId: name,
        ...(allowed && {
          message: `still allowed: ${gain}`,
          details: [...differenceLines(differences), `To refuse it: ${deny}.`],
          location: { file: suite },
        }),
      };
    }),
  };
}
