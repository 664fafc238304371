/**
 * The faults of one pod VM as planned, and their change while it runs. At power-on they come as hooks
 * of the VM; later through its ports. Lifting a fault restores the port, not what the real parts have
 * given up for good: a proxy's broken tunnel stays broken.
 */
import { runOnce, type Closable, type Random } from '#base';
import type { KeyedCertificate } from '../tls/certificates.ts';
import type { PodVm } from '../vm/pod-vm.ts';
import type { Closed, FaultPlan } from './fault-plan.ts';
import { createPodFaults, foreignCertificate, type FaultHooks } from './pod-faults.ts';

type FaultyMachine = Pick<PodVm, 'address' | 'forwarder'>;

export interface PlannedFaults extends Closable {
  /** For the machine's power-on. */
  readonly hooks: FaultHooks & { readonly certificate?: KeyedCertificate };
  /** The machine has its address: what is planned for its ports begins. */
  begin(vm: FaultyMachine): Promise<void>;
  /** Another plan, at once; an empty one lifts everything. */
  change(plan: FaultPlan, vm: FaultyMachine): Promise<void>;
}

export async function planFaults(
  plan: FaultPlan,
  serverName: string,
  random: Random,
): Promise<PlannedFaults> {
  const foreign = async ({ wrongCertificate }: FaultPlan): Promise<KeyedCertificate | undefined> =>
    wrongCertificate === true ? foreignCertificate(serverName) : undefined;
  const certificate = await foreign(plan);
  const faults = createPodFaults({
    ...(plan.tcp && { tcp: plan.tcp }),
    ...(plan.udp && { udp: plan.udp }),
    holdBoot: plan.tcpClosed !== undefined,
    random,
  });
  const timers = new Set<NodeJS.Timeout>();
  const forget = (): void => {
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
  };
  /** Closes now, if it is to be closed, and opens when its time comes. */
  const closeFor = async (
    closed: Closed | undefined,
    setOpen: (on: boolean) => Promise<void>,
  ): Promise<void> => {
    await setOpen(closed === undefined);
    if (closed === undefined || closed === 'until-lifted') return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      // A port that somebody else has taken meanwhile stays closed.
      setOpen(true).catch(() => undefined);
    }, closed.ms);
    timers.add(timer);
  };
  const setUdp = (vm: FaultyMachine, closed: Closed | undefined): Promise<void> =>
    closeFor(closed, (on) => vm.address.vxlan.setListening(on));
  const close = runOnce(() => {
    forget();
    return Promise.resolve();
  });
  return {
    hooks: { ...faults.hooks, ...(certificate && { certificate }) },
    async begin(vm) {
      await setUdp(vm, plan.udpClosed);
      // Before the forwarder starts a closed port is a machine that has not booted.
      await closeFor(plan.tcpClosed, (on) => {
        if (on) faults.release();
        return Promise.resolve();
      });
    },
    async change(next, vm) {
      forget();
      faults.tcp = next.tcp ?? { kind: 'none' };
      faults.udp = next.udp ?? { kind: 'none' };
      if (faults.tcp.kind === 'reset') faults.cutNow();
      vm.forwarder?.showCertificate(await foreign(next));
      await setUdp(vm, next.udpClosed);
      await closeFor(next.tcpClosed, async (on) => {
        if (on) faults.release();
        await vm.forwarder?.setListening(on);
      });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
