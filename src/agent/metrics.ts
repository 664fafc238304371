/**
 * Counters of the agent itself, in Prometheus' text form: decisions by endpoint and verdict, calls by
 * method and code, and how long both took. What the simulated guest measures is GetMetrics' business.
 */
import { codeName } from '#rpc';
import type { AgentPolicy, Decision } from '#gate';
import type { CallReport } from './gate.ts';

/** From ten microseconds, which a small policy takes, to the bound on an evaluation. */
const SECONDS = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1, 5] as const;

/** Served with the text; source: Prometheus' exposition format 0.0.4. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Readonly<Record<string, string>>;

const escape = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${String(value)}`;
}

/** Series by their labels. The labels come from fixed tables, so the number of series is bounded. */
class Counter {
  readonly #series = new Map<string, { readonly labels: Labels; value: number }>();

  add(labels: Labels): void {
    const key = Object.values(labels).join('\0');
    const series = this.#series.get(key);
    if (series === undefined) this.#series.set(key, { labels, value: 1 });
    else series.value += 1;
  }

  lines(name: string): string[] {
    return Array.from(this.#series.values(), ({ labels, value }) => sample(name, labels, value));
  }
}

class Histogram {
  readonly #buckets = SECONDS.map(() => 0);
  #count = 0;
  #sum = 0;

  observe(seconds: number): void {
    for (const [index, bound] of SECONDS.entries())
      if (seconds <= bound) this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count += 1;
    this.#sum += seconds;
  }

  lines(name: string): string[] {
    const buckets = SECONDS.map((bound, index) =>
      sample(`${name}_bucket`, { le: String(bound) }, this.#buckets[index] ?? 0),
    );
    return [
      ...buckets,
      sample(`${name}_bucket`, { le: '+Inf' }, this.#count),
      sample(`${name}_sum`, {}, this.#sum),
      sample(`${name}_count`, {}, this.#count),
    ];
  }
}

export class AgentMetrics {
  readonly #decisions = new Counter();
  readonly #evaluation = new Histogram();
  readonly #requests = new Counter();
  readonly #duration = new Histogram();

  observeDecision({ endpoint, verdict, policy, evaluationNs }: Decision): void {
    this.#decisions.add({ endpoint, verdict, policy: policy.source });
    this.#evaluation.observe(evaluationNs / 1e9);
  }

  observeCall({ method, code, protocol, durationNs }: CallReport): void {
    this.#requests.add({ method, code: codeName(code), transport: protocol });
    this.#duration.observe(durationNs / 1e9);
  }

  /** Everything there is to scrape. */
  text(policy: AgentPolicy | undefined): string {
    const families: readonly (readonly [string, string, string, string[]])[] = [
      [
        'katasim_policy_decisions_total',
        'counter',
        'Decisions of the gate by endpoint, verdict and source of the policy.',
        this.#decisions.lines('katasim_policy_decisions_total'),
      ],
      [
        'katasim_policy_eval_duration_seconds',
        'histogram',
        'How long one evaluation of the policy took.',
        this.#evaluation.lines('katasim_policy_eval_duration_seconds'),
      ],
      [
        'katasim_policy_state_entries',
        'gauge',
        'Entries of data.pstate.',
        [sample('katasim_policy_state_entries', {}, stateEntries(policy))],
      ],
      [
        'katasim_rpc_requests_total',
        'counter',
        'Agent calls answered by method, status code and transport.',
        this.#requests.lines('katasim_rpc_requests_total'),
      ],
      [
        'katasim_rpc_duration_seconds',
        'histogram',
        'How long agent calls took, long polls included.',
        this.#duration.lines('katasim_rpc_duration_seconds'),
      ],
    ];
    const lines = families.flatMap(([name, type, help, samples]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples,
    ]);
    return `${lines.join('\n')}\n`;
  }
}

function stateEntries(policy: AgentPolicy | undefined): number {
  const state = policy?.state as { readonly pstate?: unknown } | undefined;
  const pstate = state?.pstate;
  return typeof pstate === 'object' && pstate !== null ? Object.keys(pstate).length : 0;
}
