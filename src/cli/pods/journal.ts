/** What happens to a pod while it runs, kept in its record for `get`, `describe` and `exec`. */
import type { Agent } from '#agent';
import { systemClock, type Clock } from '#base';
import { denialReason, type Decision } from '#gate';
import type { ContainerRecord, Denial, PodEvent, PodRecord, PodRecords } from './records.ts';
import { lineText } from './refusal.ts';

/** The last ones are kept; a record stays a file of some kilobytes. */
const MAX_EVENTS = 50;
const MAX_DENIALS = 20;
const MAX_MESSAGE_LENGTH = 2000;
/** Allowed requests only count; they are written together. */
const WRITE_DELAY_MS = 100;

/** What does not change by what happens. */
export type JournalBasis = Omit<PodRecord, 'events' | 'decisions'>;

export class PodJournal {
  readonly #records: PodRecords;
  readonly #clock: Clock;
  readonly #events: PodEvent[] = [];
  readonly #counts = { allow: 0, deny: 0, fault: 0 };
  readonly #denials: Denial[] = [];
  #basis: JournalBasis | undefined;
  #sawAgent = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(records: PodRecords, clock: Clock = systemClock) {
    this.#records = records;
    this.#clock = clock;
  }

  /** The pod runs: from now on others can find it. */
  begin(basis: JournalBasis): void {
    this.#basis = basis;
    this.#write();
  }

  event(type: PodEvent['type'], reason: string, message: string): void {
    const time = this.#now();
    const known = this.#events.findIndex(
      (event) => event.reason === reason && event.message === message,
    );
    const before = this.#events[known];
    if (before !== undefined) this.#events.splice(known, 1);
    const { count = 0, firstTime = time } = before ?? {};
    this.#events.push({ type, reason, message, count: count + 1, firstTime, lastTime: time });
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
    this.#update();
  }

  container(name: string, change: Partial<ContainerRecord>): void {
    if (this.#basis === undefined) return;
    this.#basis = {
      ...this.#basis,
      containers: this.#basis.containers.map((container) =>
        container.name === name ? { ...container, ...change } : container,
      ),
    };
    this.#update();
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
  end(change: Pick<PodRecord, 'phase' | 'logDirectory'>): void {
    if (this.#basis === undefined) return;
    this.#basis = { ...this.#basis, ...change, endedAt: this.#now() };
    this.#write();
    this.close();
  }

  /** Nothing is written any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#basis = undefined;
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
    if (this.#basis === undefined) return;
    const decisions = this.#sawAgent ? { ...this.#counts, denials: [...this.#denials] } : undefined;
    this.#records.write({ ...this.#basis, events: [...this.#events], decisions });
  }
}
