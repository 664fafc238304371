import { kataReleases, NEWEST_KATA_VERSION, type KataRelease } from '#base';
import type { Command } from '../command.ts';
import { outputOption } from '../options.ts';

export const command: Command = {
  usage: 'versions [-o table|json|yaml]',
  details: [
    'Each row holds from its release until the next one. `--kata-version` of other commands takes any release',
    `from the first row to ${NEWEST_KATA_VERSION}, which is the default.`,
  ].join('\n'),
  options: {
    output: outputOption('table', 'json', 'yaml'),
  },
  examples: ['katasim versions'],
  operands: { min: 0, max: 0 },
  run({ options, output }) {
    const form = options.text('output');
    if (form === 'json') output.json(kataReleases);
    else if (form === 'yaml') output.yaml(kataReleases);
    else {
      output.table(
        [
          'SINCE',
          'ENGINE',
          'REGO',
          'BUILTINS',
          'STATE',
          'DENIED READ',
          'POLICY LOG',
          'LIMITS',
          'MISSING',
        ],
        kataReleases.map(rowOf),
      );
    }
    return Promise.resolve(0);
  },
};

function rowOf(release: KataRelease): readonly string[] {
  const { since, engine, rego, builtins, state, deniedRead, policyLog, limits, missingMethods } =
    release;
  return [
    since,
    engine,
    rego,
    builtins,
    state ? 'pstate' : '-',
    deniedRead,
    policyLog.path,
    limits === undefined
      ? '-'
      : `${limits.columns} columns, ${limits.bytes >> 20} MiB, ${limits.lines} lines`,
    missingMethods.join(',') || '-',
  ];
}
