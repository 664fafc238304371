/**
 * The control group of a container: who is in it, what it uses and what it may use. CPU time of
 * busy processes is integrated over the clock when somebody looks, so idle time costs nothing.
 */
import type { Clock } from '#base';
import { SIGKILL } from './signals.ts';
import { WaitQueue } from './wait.ts';

/** What a cgroup shows as "no limit". Source: Linux, PAGE_COUNTER_MAX rounded to pages. */
export const NO_LIMIT = 9223372036854771712n;

/** Default CFS period in microseconds. Source: Linux sched/fair. */
const DEFAULT_PERIOD_US = 100_000;

export interface CgroupLimits {
  /** Bytes; undefined is unlimited. */
  memory?: number | undefined;
  pids?: number | undefined;
  cpuQuotaUs?: number | undefined;
  cpuPeriodUs?: number | undefined;
}

/** What the group needs to know of a process. */
interface Member {
  readonly pid: number;
  readonly stopped: boolean;
  rss: number;
  cpuNs: number;
  load: number;
  deliver(signal: number): void;
  resume(): void;
}

export class Cgroup {
  readonly clock: Clock;
  readonly cpus: number;
  readonly processes = new Set<Member>();
  readonly thawed = new WaitQueue();
  readonly limits: CgroupLimits = {};
  frozen = false;
  peakMemory = 0;
  failures = 0;
  /** Bytes of written files, counted as page cache. */
  cacheBytes = 0;
  readBytes = 0;
  writtenBytes = 0;
  onOom: (victim: Member) => void = () => undefined;
  #endedCpuNs = 0;
  #throttledNs = 0;
  #periods = 0;
  #throttledPeriods = 0;
  #settledAt: number;

  constructor(clock: Clock, cpus: number) {
    this.clock = clock;
    this.cpus = cpus;
    this.#settledAt = clock.now();
  }

  add(process: Member): void {
    this.#settle();
    this.processes.add(process);
    this.checkMemory();
  }

  remove(process: Member): void {
    this.#settle();
    if (this.processes.delete(process)) this.#endedCpuNs += process.cpuNs;
  }

  /** `cores` busy cores from now on. */
  setLoad(process: Member, cores: number): void {
    this.#settle();
    process.load = cores;
  }

  freeze(): void {
    this.#settle();
    this.frozen = true;
  }

  thaw(): void {
    this.#settle();
    this.frozen = false;
    this.thawed.wake();
    for (const process of this.processes) process.resume();
  }

  update(limits: CgroupLimits): void {
    this.#settle();
    Object.assign(this.limits, limits);
    this.checkMemory();
  }

  memoryUsage(): number {
    let total = this.cacheBytes;
    for (const process of this.processes) total += process.rss;
    return total;
  }

  get pidsFull(): boolean {
    return this.limits.pids !== undefined && this.processes.size >= this.limits.pids;
  }

  /** Over the limit: the biggest process dies, as the kernel's OOM killer chooses. */
  checkMemory(): void {
    const { memory } = this.limits;
    while (true) {
      const usage = this.memoryUsage();
      if (memory === undefined || usage <= memory) {
        this.peakMemory = Math.max(this.peakMemory, usage);
        return;
      }
      this.peakMemory = memory;
      this.failures++;
      // Cache goes first: it can be reclaimed without killing anybody.
      if (this.cacheBytes > 0) {
        this.cacheBytes = Math.max(0, this.cacheBytes - (usage - memory));
        continue;
      }
      const victim = [...this.processes].reduce<Member | undefined>(
        (biggest, each) => (biggest === undefined || each.rss > biggest.rss ? each : biggest),
        undefined,
      );
      if (victim === undefined) return;
      this.onOom(victim);
      victim.deliver(SIGKILL);
    }
  }

  cpu() {
    this.#settle();
    let totalNs = this.#endedCpuNs;
    for (const process of this.processes) totalNs += process.cpuNs;
    return {
      totalNs: Math.round(totalNs),
      periods: Math.floor(this.#periods),
      throttledPeriods: Math.floor(this.#throttledPeriods),
      throttledNs: Math.round(this.#throttledNs),
    };
  }

  #settle(): void {
    const now = this.clock.now();
    const elapsedMs = Math.max(0, now - this.#settledAt);
    this.#settledAt = now;
    if (elapsedMs === 0 || this.frozen) return;
    let demand = 0;
    for (const process of this.processes) if (!process.stopped) demand += process.load;
    const { cpuQuotaUs, cpuPeriodUs = DEFAULT_PERIOD_US } = this.limits;
    const quota = cpuQuotaUs === undefined || cpuQuotaUs <= 0 ? Infinity : cpuQuotaUs / cpuPeriodUs;
    const rate = Math.min(demand, quota, this.cpus);
    if (demand > 0) {
      for (const process of this.processes)
        if (!process.stopped) process.cpuNs += (process.load / demand) * rate * elapsedMs * 1e6;
    }
    if (quota === Infinity) return;
    const periods = (elapsedMs * 1000) / cpuPeriodUs;
    if (demand > 0) this.#periods += periods;
    if (demand > quota) {
      this.#throttledPeriods += periods;
      this.#throttledNs += (Math.min(demand, this.cpus) - rate) * elapsedMs * 1e6;
    }
  }
}
