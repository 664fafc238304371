import { beforeAll, describe, expect, it } from 'vitest';
import { kataProfile } from '#gate';
import type { CorpusEntry } from '../corpus/entry.ts';
import { annotatedLines, annotatedText } from './annotate.ts';
import { CoverageRun, type PolicyCoverage } from './coverage.ts';
import { lcovText } from './lcov.ts';

const text = `package agent_policy

default ExecProcessRequest := false

default CreateSandboxRequest := true

ExecProcessRequest if {
	print("args are", input.process.Args)
	args := input.process.Args
	every arg in args {
		arg != "sh"
	}
	known(args[0])
}

known(name) if name == "id"

known(name) if {
	name in {"ls", "cat"}
	[input.missing, upper(name)] == ["x"]
}

unused if 1 == 2
`;

const exec = (...args: readonly string[]): CorpusEntry => ({
  endpoint: 'ExecProcessRequest',
  input: { process: { Args: args } },
  recorded: undefined,
  note: '',
  place: { file: 'f' },
});

let coverage: PolicyCoverage;
beforeAll(async () => {
  const run = new CoverageRun({ text, file: 'policy.rego' });
  await run.decide([exec('id'), exec('sh'), exec('ls')]);
  coverage = run.report();
});

const at = (line: number): readonly object[] =>
  coverage.expressionRows
    .filter((row) => row.line === line)
    .map(({ text: shown, tried, held }) => ({ shown, tried, held }));

describe('coverage', () => {
  it('counts how often an expression was tried and held, inside every as well', () => {
    expect(at(10)).toEqual([{ shown: 'every arg in args {', tried: 3, held: 2 }]);
    expect(at(11)).toEqual([{ shown: 'arg != "sh"', tried: 3, held: 2 }]);
    expect(at(13)).toEqual([{ shown: 'known(args[0])', tried: 2, held: 1 }]);
    expect(at(23)).toEqual([{ shown: '1 == 2', tried: 0, held: 0 }]);
  });

  it('tells bodies that were never true from those that were never tried', () => {
    const bodies = coverage.bodyRows.map(({ line, tried, held }) => [line, tried, held]);
    expect(bodies).toEqual([
      [3, 2, 2],
      [5, 0, 0],
      [7, 3, 1],
      [16, 2, 1],
      [18, 2, 0],
      [23, 0, 0],
    ]);
  });

  it('names the parts of an expression that an undefined one kept from being evaluated', () => {
    const [row] = coverage.expressionRows.filter(({ line }) => line === 20);
    expect(row).toMatchObject({ tried: 1, held: 0 });
    expect(row?.unreached.map((part) => part.text)).toEqual(['upper(name)']);
  });

  it('does not ask of prints and assignments that they fail', () => {
    const deciding = coverage.expressionRows
      .filter(({ decides }) => decides)
      .map(({ line }) => line);
    expect(deciding).toEqual([10, 11, 13, 16, 19, 20, 23]);
    // Never both: `name == "id"` was, `[...] == ["x"]` was not, 23 was not tried.
    expect(coverage.bothWays).toEqual({ covered: 5, total: 7, percent: 71.42 });
  });

  it('counts verdicts by endpoint, and the rules behind them', () => {
    const rows = new Map(coverage.endpointRows.map((row) => [row.endpoint, row]));
    expect(rows.get('ExecProcessRequest')).toEqual({
      endpoint: 'ExecProcessRequest',
      kind: 'rule',
      asked: { allow: 1, deny: 2, fault: 0 },
    });
    expect(rows.get('CreateSandboxRequest')?.kind).toBe('default');
    expect(rows.get('ListRoutesRequest')?.kind).toBe('missing');
    expect(coverage.endpoints).toMatchObject({ covered: 1, total: 41 });
  });

  it('leaves out endpoints that the release does not have', () => {
    const run = new CoverageRun({
      text: 'package agent_policy\n',
      file: 'p',
      kata: kataProfile('3.20.0'),
    });
    expect(run.report().endpoints.total).toBe(40);
  });

  it('starts a fresh agent for every corpus', async () => {
    const stateful =
      'package agent_policy\n\nCreateContainerRequest := {"allowed": true, "ops": [{"op": "add", "path": "/pstate/x", "value": 1}]} if not data.pstate.x\n';
    const create = { ...exec(), endpoint: 'CreateContainerRequest' };
    const run = new CoverageRun({ text: stateful, file: 'p' });
    await run.decide([create]);
    await run.decide([create]);
    const row = run
      .report()
      .endpointRows.find(({ endpoint }) => endpoint === 'CreateContainerRequest');
    expect(row?.asked).toEqual({ allow: 2, deny: 0, fault: 0 });
    expect(run.report().bodyRows[0]).toMatchObject({ tried: 2, held: 2 });
    expect(run.report().expressionRows[0]).toMatchObject({ tried: 2, held: 2 });
  });

  it('is written into the source’s gutter', () => {
    const lines = annotatedLines(coverage, text);
    expect(lines).toHaveLength(23);
    expect(lines.map(annotatedText).slice(9, 23)).toEqual([
      '     3 | \tevery arg in args {',
      '     3 | \t\targ != "sh"',
      '       | \t}',
      '     2 | \tknown(args[0])',
      '       | }',
      '       |',
      '     2 | known(name) if name == "id"',
      '       |',
      '     0!| known(name) if {',
      '     2 | \tname in {"ls", "cat"}',
      '     1-| \t[input.missing, upper(name)] == ["x"]',
      '       | }',
      '       |',
      '     0!| unused if 1 == 2',
    ]);
  });

  it('is written as an lcov tracefile whose totals are those of its rows', () => {
    const lines = lcovText(coverage).split('\n');
    expect(lines.slice(0, 2)).toEqual(['TN:', 'SF:policy.rego']);
    expect(lines.slice(-2)).toEqual(['end_of_record', '']);
    const of = (key: string): readonly string[] =>
      lines.filter((line) => line.startsWith(`${key}:`)).map((line) => line.slice(key.length + 1));
    expect(of('FN')).toEqual([
      '3,ExecProcessRequest (default)',
      '5,CreateSandboxRequest (default)',
      '7,ExecProcessRequest',
      '16,known',
      '18,known (2)',
      '23,unused',
    ]);
    expect(of('FNDA')).toContain('1,known');
    expect(of('BRDA')).toContain('20,0,0,0');
    expect(of('BRDA')).toContain('23,0,1,-');
    const hit = (rows: readonly string[], count: (row: string) => string | undefined): string =>
      String(rows.filter((row) => !['0', '-', undefined].includes(count(row))).length);
    expect(of('LF')).toEqual([String(of('DA').length)]);
    expect(of('LH')).toEqual([hit(of('DA'), (row) => row.split(',')[1])]);
    expect(of('FNF')).toEqual([String(of('FN').length)]);
    expect(of('FNH')).toEqual([hit(of('FNDA'), (row) => row.split(',')[0])]);
    expect(of('BRF')).toEqual([String(of('BRDA').length)]);
    expect(of('BRH')).toEqual([hit(of('BRDA'), (row) => row.split(',')[3])]);
  });
});
