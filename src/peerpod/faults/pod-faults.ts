/**
 * Faults on demand for one pod VM: on TCP 15150, on UDP 9000, at boot and in its certificate. Given
 * to the VM when it is made; TCP and UDP faults may change at any time after that.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { deferred, systemClock, systemRandom, type Random } from '#base';
import type { FateOfFrames, FrameFate } from '../network/vxlan-socket.ts';
import { createCertificateAuthority, type KeyedCertificate } from '../tls/certificates.ts';
import { FaultyStream, type TcpFault } from './faulty-stream.ts';

export type UdpFault =
  | { readonly kind: 'none' }
  | { readonly kind: 'black-hole' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** Share of frames lost, 0 to 1. */
  | { readonly kind: 'loss'; readonly share: number }
  /** Nothing more, either way, after that many bytes of frames. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

/** Goes into the pod VM's hooks. */
export interface FaultHooks {
  readonly admit: (socket: Socket) => Duplex | undefined;
  readonly fate: FateOfFrames;
  readonly bootGate: (signal: AbortSignal) => Promise<void>;
}

interface PodFaults {
  tcp: TcpFault;
  udp: UdpFault;
  readonly hooks: FaultHooks;
  /** Resets every open connection to the VM, once. */
  cutNow(): void;
  /** Lets a held VM boot. Until then its ports refuse: nothing listens. */
  release(): void;
}

interface PodFaultsOptions {
  readonly tcp?: TcpFault;
  readonly udp?: UdpFault;
  /** The VM has an address and does not boot before `release`. */
  readonly holdBoot?: boolean;
  readonly random?: Random;
}

export function createPodFaults(options: PodFaultsOptions = {}): PodFaults {
  const random = options.random ?? systemRandom;
  const streams = new Set<FaultyStream>();
  const boot = deferred<undefined>();
  if (options.holdBoot !== true) boot.resolve(undefined);
  let udp = options.udp ?? NO_FAULT;
  /** Bytes of frames since the fault was set. */
  let crossed = 0;
  let tcp = options.tcp ?? NO_FAULT;
  const faults: PodFaults = {
    get tcp() {
      return tcp;
    },
    set tcp(fault) {
      tcp = fault;
      for (const stream of streams) stream.faultChanged();
    },
    get udp() {
      return udp;
    },
    set udp(fault) {
      udp = fault;
      crossed = 0;
    },
    hooks: {
      admit: (socket) => {
        if (tcp.kind === 'reset') {
          socket.resetAndDestroy();
          return undefined;
        }
        const stream = new FaultyStream(socket, () => tcp);
        streams.add(stream);
        stream.once('close', () => streams.delete(stream));
        stream.on('error', () => undefined);
        return stream;
      },
      fate: (_direction, _vni, bytes) => fateOf(udp, random, (crossed += bytes)),
      bootGate: (signal) =>
        new Promise((resolve, reject) => {
          const onAbort = (): void => reject(signal.reason as Error);
          if (signal.aborted) onAbort();
          signal.addEventListener('abort', onAbort, { once: true });
          boot.promise.then(() => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          }, reject);
        }),
    },
    cutNow: () => {
      for (const stream of streams) stream.reset();
    },
    release: () => boot.resolve(undefined),
  };
  return faults;
}

const NO_FAULT = { kind: 'none' } as const;

function fateOf(fault: UdpFault, random: Random, crossed: number): FrameFate {
  switch (fault.kind) {
    case 'none':
      return 'deliver';
    case 'delay':
      return fault.ms;
    case 'black-hole':
      return 'drop';
    case 'cut':
      return crossed > fault.afterBytes ? 'drop' : 'deliver';
    case 'loss':
      return (random.bytes(1)[0] ?? 0) / 256 < fault.share ? 'drop' : 'deliver';
  }
}

/** A server identity that the proxy must not accept: right name, from a CA it does not know. */
export async function foreignCertificate(serverName: string): Promise<KeyedCertificate> {
  const ca = await createCertificateAuthority({ clock: systemClock, random: systemRandom });
  return ca.issue(serverName);
}
