/**
 * Probes: small policies whose results, error texts and prints were recorded from regorus, with the
 * features of the agent's build and under the module name `agent_policy`. Everything is compared to the
 * letter: the spelling of numbers, the carets, the blank first line. A probe with `rego_version` v0 was
 * put to the same engine in v0 mode. testbed/interop/rego/record-probes.ts records new ones.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProfile, type Profile, stringifyValue } from '#rego';
import { jsonText } from './case-file.ts';
import type { Plain } from './canonical.ts';
import { type Answer, ask } from './engine.ts';
import { type Case, failed, passed, type Suite, type Verdict } from './suite.ts';

type Phase = 'add_policy' | 'add_data' | 'set_input' | 'eval';

interface Probe {
  readonly id: string;
  readonly rego_version: 'v0' | 'v1';
  readonly policy: string;
  readonly query: string;
  readonly input?: Plain;
  readonly input_json?: string;
  readonly data?: Plain;
  readonly want: {
    readonly result?: 'value' | 'undefined';
    readonly value_text?: string;
    readonly expressions?: readonly string[];
    readonly phase?: Phase;
    readonly error?: string;
    readonly panic?: boolean;
    readonly prints?: readonly string[];
  };
}

/** Where the agent meets what our phases are called: preparation happens at the first evaluation. */
const PHASES: Readonly<Record<string, Phase>> = {
  parse: 'add_policy',
  data: 'add_data',
  input: 'set_input',
  prepare: 'eval',
  query: 'eval',
  eval: 'eval',
};

export function probeSuite(): Suite {
  const origin = 'recorded from regorus 898643129e as built into the kata-agent 3.30.0 to 4.1.0';
  const root = join(import.meta.dirname, 'probes');
  const newest = findProfile('kata');
  if (newest === undefined) throw new Error('the engine has lost its kata profile');
  const cases = readdirSync(root)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => {
      const document = JSON.parse(readFileSync(join(root, name), 'utf8')) as { cases: Probe[] };
      return document.cases.map((probe): Case => {
        const profile = { ...newest, regoVersion: probe.rego_version };
        return {
          folder: name.replace('.json', ''),
          note: probe.id,
          run: () => judge(probe, runProbe(probe, profile), profile),
        };
      });
    });
  return { name: 'kata-probes', origin, cases };
}

function runProbe(probe: Probe, profile: Profile): Answer {
  const input = probe.input_json ?? (probe.input === undefined ? undefined : jsonText(probe.input));
  return ask({
    profile,
    modules: [{ name: 'agent_policy', text: probe.policy }],
    query: probe.query,
    ...(probe.data !== undefined && { data: jsonText(probe.data) }),
    ...(input !== undefined && { input }),
  });
}

function judge({ want }: Probe, answer: Answer, profile: Profile): Verdict {
  const got = summary(answer, profile);
  const expected = {
    // The agent's process dies; katasim answers with a fault instead (docs/fidelity.md).
    outcome: want.panic === true ? 'fault' : (want.error ?? want.value_text ?? 'undefined'),
    phase: want.phase ?? 'eval',
    prints: want.prints ?? [],
  };
  if (want.panic === true) {
    return answer.kind === 'failed' ? passed : failed(`want a fault, got ${got.outcome}`);
  }
  if (got.outcome !== expected.outcome) return differs('outcome', expected.outcome, got.outcome);
  if (got.phase !== expected.phase) return differs('phase', expected.phase, got.phase);
  const prints = [expected.prints, got.prints].map((lines) => lines.join('\n'));
  return prints[0] === prints[1] ? passed : differs('prints', prints[0] ?? '', prints[1] ?? '');
}

const differs = (what: string, want: string, got: string): Verdict =>
  failed(
    `${what}: want ${JSON.stringify(want)}\n${' '.repeat(what.length)}   got ${JSON.stringify(got)}`,
  );

function summary(
  answer: Answer,
  profile: Profile,
): { outcome: string; phase: string; prints: readonly string[] } {
  const prints = answer.prints;
  if (answer.kind === 'failed') {
    return { outcome: answer.text, phase: PHASES[answer.phase] ?? answer.phase, prints };
  }
  const value = answer.rows[0]?.expressions[0];
  const outcome = value === undefined ? 'undefined' : stringifyValue(value, profile);
  return { outcome, phase: 'eval', prints };
}
