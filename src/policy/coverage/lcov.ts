/**
 * Coverage as an lcov tracefile, for genhtml, editors and CI services. A rule body is a function, hit
 * when it gave a value; an expression that decides is a branch of two: it held, it did not.
 * Source: geninfo(1), "TRACEFILE FORMAT".
 */
import type { ExpressionRow, PolicyCoverage } from './coverage.ts';

/** Ends with a line break. */
export function lcovText(coverage: PolicyCoverage): string {
  return [
    'TN:',
    `SF:${coverage.file}`,
    ...functionLines(coverage),
    ...branchLines(coverage),
    ...lineLines(coverage),
    'end_of_record',
    '',
  ].join('\n');
}

function functionLines({ bodyRows }: PolicyCoverage): readonly string[] {
  const seen = new Map<string, number>();
  const named = bodyRows.map(({ path, isDefault, line, held }) => {
    const name = path.replace(/^data\.agent_policy\./, '') + (isDefault ? ' (default)' : '');
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    // Definitions of one name are alternatives; a tracefile wants names of their own.
    return { name: count === 1 ? name : `${name} (${count})`, line, held };
  });
  return [
    ...named.map(({ name, line }) => `FN:${line},${name}`),
    ...named.map(({ name, held }) => `FNDA:${held},${name}`),
    `FNF:${named.length}`,
    `FNH:${named.filter(({ held }) => held > 0).length}`,
  ];
}

function branchLines({ expressionRows }: PolicyCoverage): readonly string[] {
  const blocks = new Map<number, number>();
  const deciding = expressionRows
    .filter(({ decides }) => decides)
    .sort((a, b) => a.line - b.line || a.column - b.column);
  const rows = deciding.flatMap((row) => {
    const block = blocks.get(row.line) ?? 0;
    blocks.set(row.line, block + 1);
    return takenOf(row).map((taken, branch) => ({
      taken,
      text: `BRDA:${row.line},${block},${branch},${taken ?? '-'}`,
    }));
  });
  const hit = rows.filter(({ taken }) => taken !== undefined && taken > 0).length;
  return [...rows.map(({ text }) => text), `BRF:${rows.length}`, `BRH:${hit}`];
}

/** Undefined stands for an expression that was never tried. */
const takenOf = ({ tried, held }: ExpressionRow): readonly (number | undefined)[] =>
  tried === 0 ? [undefined, undefined] : [held, tried - held];

const lineLines = ({ lineHits, lines }: PolicyCoverage): readonly string[] => [
  ...[...lineHits].map(([line, hits]) => `DA:${line},${hits}`),
  `LF:${lines.total}`,
  `LH:${lines.covered}`,
];
