import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Report, ReportItem } from './report.ts';
import { writeReport } from './write.ts';

const failed: ReportItem = {
  suite: 'policies/a b.rego',
  name: 'exec is "refused" <always> & 100% # sure\n\u001b[31m',
  status: 'failed',
  ruleId: 'endpoint-missing',
  message: 'it was allowed: a,b',
  details: ['  line one', 'line\ttwo \ud800 \uffff'],
  location: { file: 'policies/a b.rego', line: 3, column: 5 },
  region: { startLine: 3, startColumn: 2, endLine: 3, endColumn: 9 },
  durationMs: 1.25,
};
const items: readonly ReportItem[] = [
  failed,
  { suite: 'a.json', name: 'starts', status: 'passed', durationMs: 2 },
  { suite: 'a.json', name: 'later', status: 'skipped', message: 'not now' },
  { suite: 'a.json', name: 'odd', status: 'warning', ruleId: 'regex-unanchored' },
  { suite: 'a.json', name: 'by the way', status: 'note', location: { file: '/x/y.rego', line: 1 } },
];
const report: Report = {
  title: 'policy check',
  items,
  toolVersion: '1.2.3',
  rules: [
    { id: 'endpoint-missing', summary: 'An endpoint has no rule.', helpUri: 'file:///c/d.md' },
  ],
};

describe('junit', () => {
  const text = writeReport(report, 'junit');

  test('counts what is in it and keeps suites apart', () => {
    expect(text).toContain(
      '<testsuites name="katasim policy check" tests="5" failures="1" errors="0" skipped="1" time="0.003">',
    );
    expect(text).toContain('<testsuite name="a.json" tests="4" failures="0"');
    expect(text).toContain(
      '<testcase classname="a.json" name="starts" file="a.json" time="0.002"/>',
    );
    expect(text).toContain('<skipped message="not now"/>');
    expect(text).toContain('<system-out>warning: odd</system-out>');
  });

  test('every character is one that XML 1.0 knows, and markup is text', () => {
    expect(text).toContain(
      'name="exec is &quot;refused&quot; &lt;always&gt; &amp; 100% # sure&#10;\\u001b[31m"',
    );
    expect(text).toContain('line\ttwo \\ud800 \\uffff</failure>');
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/);
  });

  test('a failure names its check, place and reason', () => {
    expect(text).toContain(
      '<failure type="endpoint-missing" message="it was allowed: a,b">policies/a b.rego:3:5: it was allowed: a,b\n  line one\n',
    );
  });
});

describe('tap', () => {
  const text = writeReport(report, 'tap');
  const lines = text.split('\n');

  test('has a plan and one test point per item, each on one line', () => {
    expect(lines.slice(0, 3)).toEqual([
      'TAP version 14',
      '1..5',
      'not ok 1 - policies/a b.rego: exec is "refused" <always> & 100% \\# sure [31m',
    ]);
    expect(lines.filter((line) => /^(not )?ok \d+ /.test(line))).toHaveLength(5);
    expect(text).toContain('ok 3 - a.json: later # SKIP not now');
  });

  test('diagnostics are YAML that says the same', () => {
    const block = text.split('  ---\n')[1]?.split('  ...\n')[0] ?? '';
    expect(parse(block)).toEqual({
      severity: 'fail',
      rule: 'endpoint-missing',
      message: failed.message,
      file: 'policies/a b.rego',
      line: 3,
      column: 5,
      duration_ms: 1.25,
      details: failed.details,
    });
  });
});

describe('github', () => {
  test('one command per finding, properties and data escaped', () => {
    expect(writeReport(report, 'github').split('\n')).toEqual([
      '::error file=policies/a b.rego,line=3,col=2,endLine=3,endColumn=8,title=endpoint-missing::it was allowed: a,b%0A  line one%0Aline\ttwo \ud800 \uffff',
      '::warning file=a.json,title=regex-unanchored::odd',
      '::notice file=/x/y.rego,line=1::by the way',
      '',
    ]);
  });

  test('says nothing when nothing was found', () => {
    expect(writeReport({ title: 't', items: items.slice(1, 3) }, 'github')).toBe('');
  });

  test('a percent sign, a colon and a comma survive the way through', () => {
    const item = { ...failed, name: 'x', ruleId: 'a,b:c%', message: '50%\r\n' };
    expect(writeReport({ title: 't', items: [item] }, 'github')).toContain(
      'title=a%2Cb%3Ac%25::50%25%0D%0A',
    );
  });
});

describe('sarif', () => {
  interface Sarif {
    readonly version: string;
    readonly runs: readonly {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly level: string;
        readonly locations: readonly unknown[];
      }[];
    }[];
  }
  const document = JSON.parse(writeReport(report, 'sarif')) as Sarif;
  const [run] = document.runs;

  test('each result points at a rule of the run', () => {
    const ids = run?.tool.driver.rules.map(({ id }) => id);
    expect(ids).toEqual(['endpoint-missing', 'regex-unanchored', 'case-failed']);
    expect(run?.results.map(({ ruleId, ruleIndex, level }) => [ruleId, ruleIndex, level])).toEqual([
      ['endpoint-missing', 0, 'error'],
      ['regex-unanchored', 1, 'warning'],
      ['case-failed', 2, 'note'],
    ]);
    expect(run?.tool.driver.rules[0]).toMatchObject({
      shortDescription: { text: 'An endpoint has no rule.' },
      helpUri: 'file:///c/d.md',
    });
  });

  test('places are URIs and regions count from 1', () => {
    expect(run?.results.map(({ locations }) => locations)).toEqual([
      [
        {
          physicalLocation: {
            artifactLocation: { uri: 'policies/a%20b.rego' },
            region: { startLine: 3, startColumn: 2, endLine: 3, endColumn: 9 },
          },
        },
      ],
      [{ physicalLocation: { artifactLocation: { uri: 'a.json' } } }],
      [
        {
          physicalLocation: {
            artifactLocation: { uri: 'file:///x/y.rego' },
            region: { startLine: 1, startColumn: 1 },
          },
        },
      ],
    ]);
  });
});
