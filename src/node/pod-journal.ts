/** Writes what happens to a pod into its record, for `get`, `describe` and `exec` in other processes. */
import type { Agent } from '#agent';
import { systemClock, type Clock } from '#base';
import { lineText, denialReason, type Decision } from '#gate';
import type { PodLife } from './pod-life.ts';
import type { Denial, PodRecord } from './pod-record.ts';
import type { PodRecords } from './pod-records.ts';

/** The most recent are kept, so that a record stays a few kilobytes. */
const MAX_DENIALS = 20;
const MAX_MESSAGE_LENGTH = 2000;
/** Allowed requests only count; they are written together. */
const WRITE_DELAY_MS = 100;

/** What does not change by what happens. */
export type RecordBase = Omit<PodRecord, 'status' | 'events' | 'decisions'>;

export class PodJournal {
  readonly #records: Pick<PodRecords, 'write'>;
  readonly #life: PodLife;
  readonly #clock: Clock;
  readonly #counts = { allow: 0, deny: 0, fault: 0 };
  readonly #denials: Denial[] = [];
  readonly #unwatch: () => void;
  #base: RecordBase | undefined;
  #sawAgent = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(records: Pick<PodRecords, 'write'>, life: PodLife, clock: Clock = systemClock) {
    this.#records = records;
    this.#life = life;
    this.#clock = clock;
    this.#unwatch = life.onChange(() => this.#update());
  }

  /** The pod runs: from now on others can find it. */
  begin(base: RecordBase): void {
    this.#base = base;
    this.#write();
  }

  /** Listens to an agent of this process. A denial is in the record before its reply is sent. */
  watch(agent: Agent): void {
    this.#sawAgent = true;
    agent.policy?.onDecision((decision) => {
      this.#counts[decision.verdict]++;
      if (decision.verdict === 'allow') this.#writeSoon();
      else this.#denied(agent, decision, decision.verdict);
    });
  }

  #denied(agent: Agent, decision: Decision, verdict: Denial['verdict']): void {
    const reason = agent.policy && denialReason(agent.policy, decision);
    const line = reason?.nearestMiss ?? reason?.decidedBy;
    this.#denials.push({
      time: new Date(decision.time).toISOString(),
      endpoint: decision.endpoint,
      verdict,
      message: decision.reason.slice(0, MAX_MESSAGE_LENGTH),
      line: line && lineText(line),
    });
    if (this.#denials.length > MAX_DENIALS) this.#denials.shift();
    this.#update();
  }

  /** The pod has ended by itself; what is known of it stays until it is deleted. */
  end(change: Pick<PodRecord, 'logDirectory'>): void {
    if (this.#base === undefined) return;
    this.#base = { ...this.#base, ...change, endedAt: this.#now() };
    this.#write();
    this.close();
  }

  /** Nothing is written any more. */
  close(): void {
    this.#unwatch();
    clearTimeout(this.#timer);
    this.#base = undefined;
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => this.#update(), WRITE_DELAY_MS).unref();
  }

  /** A full disk does not end the pod: its record is behind until there is room. */
  #update(): void {
    try {
      this.#write();
    } catch {
      this.#writeSoon();
    }
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#base === undefined) return;
    const decisions = this.#sawAgent ? { ...this.#counts, denials: [...this.#denials] } : undefined;
    const { status, events } = this.#life;
    this.#records.write({ ...this.#base, status, events, decisions });
  }
}
