/**
 * Load on purpose: `stress --cpu N --vm N --vm-bytes B --timeout T` moves CPU and memory figures, and
 * meets the OOM killer above the container's limit.
 */
import type { ProgramRow } from '../kernel/kernel.ts';
import type { Process } from '../kernel/process.ts';
import { SIGTERM } from '../kernel/signals.ts';
import { byteSize, command, complain, duration, options, say, UsageError } from './io.ts';

const FOREVER = Number.MAX_SAFE_INTEGER;

/** A worker that keeps one core busy. */
async function burn(process: Process): Promise<number> {
  process.scope.cgroup.setLoad(process, 1);
  await process.sleep(FOREVER);
  return 0;
}

/** A worker that holds memory and keeps touching it. */
const hold =
  (bytes: number) =>
  async (process: Process): Promise<number> => {
    process.allocate(bytes);
    process.scope.cgroup.setLoad(process, 1);
    await process.sleep(FOREVER);
    return 0;
  };

const stress = command(async (process, argv) => {
  const { flags } = options(argv, 'c:m:b:t:H:i:d:vqk', {
    long: {
      cpu: 'c',
      vm: 'm',
      'vm-bytes': 'b',
      'vm-hang': 'H',
      'vm-keep': 'k',
      io: 'i',
      hdd: 'd',
      timeout: 't',
      verbose: 'v',
      quiet: 'q',
    },
  });
  const count = (key: string): number => Math.min(Number(flags.get(key) ?? 0) || 0, 64);
  const [cpu, vm] = [count('c'), count('m')];
  if (cpu + vm === 0)
    throw new UsageError('no work requested: use --cpu N or --vm N [--vm-bytes B]');
  const bytes = byteSize(flags.get('b') ?? '256M');
  if (bytes === undefined) throw new UsageError(`unrecognized size: ${flags.get('b') ?? ''}`);
  const time = duration(flags.get('t') ?? 'infinity');
  if (time === undefined) throw new UsageError(`unrecognized time: ${flags.get('t') ?? ''}`);
  await say(
    process,
    `stress: info: [${process.pid}] dispatching hogs: ${cpu} cpu, 0 io, ${vm} vm, 0 hdd\n`,
  );
  const workers: Process[] = [];
  for (let i = 0; i < cpu + vm; i++) {
    const child = process.fork();
    workers.push(child);
    process.kernel.start(child, i < cpu ? burn : hold(bytes));
  }
  const outcome = { done: false };
  const timer = process.kernel.timers.after(time, () => {
    outcome.done = true;
    process.system.signalChildren(workers, SIGTERM);
  });
  const stop = (): void => {
    timer.cancel();
    for (const worker of workers) worker.end({ code: 143, signal: SIGTERM });
  };
  process.exitHooks.add(stop);
  for (const worker of workers) {
    const { signal, code } = await process.wait(worker);
    if (outcome.done) continue;
    await complain(
      process,
      'stress',
      `FAIL: [${process.pid}] worker ${worker.pid} ${signal === undefined ? `exited ${code}` : `got signal ${signal}`}`,
    );
    return 1;
  }
  await say(process, `stress: info: [${process.pid}] successful run completed\n`);
  return 0;
});

export const stressPrograms: readonly ProgramRow[] = [{ name: 'stress', run: stress }];
