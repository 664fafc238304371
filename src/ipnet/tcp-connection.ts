/**
 * One TCP connection: the state machine of RFC 9293 between "segment came in" and "segment goes
 * out"; what is sent, and sent again, is the business of its sender. No sockets and no streams here:
 * the owner delivers segments and gets callbacks.
 *
 * Kept simple on purpose: no window scaling, SACK, time stamps or urgent data, and data is sent at
 * once (no Nagle). A peer that offers these falls back, as the RFCs demand.
 */
import { Reassembly } from './reassembly.ts';
import { add, distance, isAfter } from './sequence.ts';
import { FLAG, type TcpSegment } from './tcp-segment.ts';
import { TcpSender, type SenderOptions } from './tcp-sender.ts';

type TcpState =
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'closing'
  | 'time-wait'
  | 'close-wait'
  | 'last-ack'
  | 'closed';

export type TcpFailure = 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT' | 'EHOSTUNREACH';

/** What a connection tells its owner. */
export interface TcpEvents {
  transmit(segment: Omit<TcpSegment, 'sourcePort' | 'destinationPort'>): void;
  connected(): void;
  /** In order. The bytes are a view of a datagram that nobody else holds. */
  data(bytes: Uint8Array): void;
  /** The peer sent FIN: no more data. */
  remoteEnd(): void;
  /** Bytes were acknowledged: there is room to write. */
  acknowledged(): void;
  /** The last word; nothing is sent or kept afterwards. */
  closed(failure: TcpFailure | undefined): void;
  /** Bytes received and not yet read by the application. */
  unread(): number;
}

interface TcpOptions extends SenderOptions {
  readonly timeWaitMs?: number;
}

/** The most that a 16-bit window can say. */
const RECEIVE_WINDOW = 0xffff;
const TIME_WAIT_MS = 1000; // shorter than 2 MSL: both ends are on one machine
/** Linux tcp_invalid_ratelimit. */
const CHALLENGE_INTERVAL_MS = 500;
const ACK_EVERY = 4;
const NOTHING = new Uint8Array();

export class TcpConnection {
  state: TcpState;
  readonly #events: TcpEvents;
  readonly #options: TcpOptions;
  readonly #sender: TcpSender;
  #in = new Reassembly(0);
  #finReceivedAt: number | undefined;
  #timeWait: NodeJS.Timeout | undefined;
  #unacknowledgedSegments = 0;
  #ackScheduled: NodeJS.Immediate | undefined;
  #announced = RECEIVE_WINDOW;
  #orphaned = false;
  #challengedAt = Number.NEGATIVE_INFINITY;

  private constructor(state: 'syn-sent' | 'syn-received', events: TcpEvents, options: TcpOptions) {
    this.state = state;
    this.#events = events;
    this.#options = options;
    const opening = state === 'syn-sent' ? FLAG.syn : FLAG.syn | FLAG.ack;
    this.#sender = new TcpSender(
      opening,
      {
        send: (flags, sequence, data, mss) => this.#send(flags, sequence, data, mss),
        finishing: () => {
          this.state = this.state === 'close-wait' ? 'last-ack' : 'fin-wait-1';
        },
        finAcknowledged: () => this.#onFinAcknowledged(),
        acknowledged: () => events.acknowledged(),
        gaveUp: () => this.#close('ETIMEDOUT'),
      },
      options,
    );
  }

  /** Active open: sends SYN. */
  static connect(events: TcpEvents, options: TcpOptions): TcpConnection {
    const connection = new TcpConnection('syn-sent', events, options);
    connection.#sender.sendSyn();
    return connection;
  }

  /** Passive open: answers a SYN. */
  static accept(syn: TcpSegment, events: TcpEvents, options: TcpOptions): TcpConnection {
    const connection = new TcpConnection('syn-received', events, options);
    connection.#takeSyn(syn);
    connection.#sender.sendSyn();
    return connection;
  }

  get unsent(): number {
    return this.#sender.unacknowledged;
  }

  write(data: Uint8Array): void {
    if (this.#sender.isFinishing || this.state === 'closed') return;
    this.#sender.write(data);
  }

  /** No more data from this side. */
  end(): void {
    if (!this.#sender.isFinishing) this.#sender.end();
  }

  /** The application is gone: finish what was written, take nothing more. */
  orphan(): void {
    this.#orphaned = true;
    if (!this.#sender.isFinishing) this.abort();
    else if (this.state === 'fin-wait-2') this.#startTimeWait();
  }

  /** RST, and forget. */
  abort(failure?: TcpFailure): void {
    if (this.state === 'closed') return;
    if (this.state !== 'syn-sent' && this.state !== 'time-wait')
      this.#send(FLAG.rst | FLAG.ack, this.#sender.next);
    this.#close(failure);
  }

  /** The application has read: tell the peer when that opens the window noticeably. */
  windowOpened(): void {
    if (!this.#canReceive()) return;
    const gain = this.#window() - this.#announced;
    if (gain >= Math.min(2 * this.#options.mss, RECEIVE_WINDOW / 2)) this.#ack();
  }

  receive(segment: TcpSegment): void {
    if (this.state === 'closed') return;
    if (this.state === 'syn-sent') this.#inSynSent(segment);
    else if (this.#isAcceptable(segment)) this.#inSequence(segment);
    else if ((segment.flags & FLAG.rst) === 0) this.#answerUnacceptable(segment);
  }

  #inSynSent(segment: TcpSegment): void {
    const { flags, acknowledgment } = segment;
    if ((flags & FLAG.ack) === 0 || acknowledgment !== this.#sender.next) return;
    if ((flags & FLAG.rst) !== 0) {
      this.#close('ECONNREFUSED');
      return;
    }
    if ((flags & FLAG.syn) === 0) return;
    this.#takeSyn(segment);
    this.#establish(segment);
    this.#sender.flush();
  }

  /** Our SYN is acknowledged. */
  #establish(segment: TcpSegment): void {
    this.#sender.opened(segment);
    const active = this.state === 'syn-sent';
    this.state = 'established';
    if (active) this.#ack();
    this.#events.connected();
  }

  #takeSyn(syn: TcpSegment): void {
    this.#in = new Reassembly(add(syn.sequence, 1));
    this.#sender.takeSyn(syn);
  }

  /** RFC 9293 section 3.10.7.4, first check. */
  #isAcceptable({ sequence, data, flags }: TcpSegment): boolean {
    const length = data.length + ((flags & FLAG.fin) !== 0 ? 1 : 0);
    const start = distance(sequence, this.#in.next);
    const window = Math.max(this.#announced, 1);
    return start < window && start + Math.max(length, 1) > 0;
  }

  #answerUnacceptable({ flags, data }: TcpSegment): void {
    // A repeated SYN means our answer was lost.
    if (this.state === 'syn-received' && (flags & FLAG.syn) !== 0) {
      this.#sender.sendSyn();
      return;
    }
    const now = this.#options.now();
    const isBare = data.length === 0 && (flags & (FLAG.syn | FLAG.fin)) === 0;
    // Two ends that disagree would answer each other's bare ACKs endlessly.
    if (isBare && now - this.#challengedAt < CHALLENGE_INTERVAL_MS) return;
    if (isBare) this.#challengedAt = now;
    this.#ack();
  }

  #inSequence(segment: TcpSegment): void {
    const { flags, sequence, acknowledgment } = segment;
    if ((flags & FLAG.rst) !== 0) {
      // RFC 5961: only the exact next sequence resets; a near miss is challenged.
      if (sequence === this.#in.next) this.#close('ECONNRESET');
      else this.#ack();
      return;
    }
    if ((flags & FLAG.syn) !== 0) {
      this.#ack();
      return;
    }
    if ((flags & FLAG.ack) === 0) return;
    if (isAfter(acknowledgment, this.#sender.next)) {
      this.#ack();
      return;
    }
    if (this.state === 'syn-received') {
      if (acknowledgment !== this.#sender.next) return;
      this.#establish(segment);
    }
    this.#sender.onAck(segment);
    // onAck can end the connection, which TypeScript does not see.
    if (this.state === 'closed') return;
    if (this.#canReceive() || segment.data.length > 0 || (flags & FLAG.fin) !== 0)
      this.#onData(segment);
    this.#sender.flush();
  }

  #onFinAcknowledged(): void {
    if (this.state === 'fin-wait-1') {
      this.state = 'fin-wait-2';
      if (this.#orphaned) this.#startTimeWait();
    } else if (this.state === 'closing') this.#enterTimeWait();
    else if (this.state === 'last-ack') this.#close(undefined);
  }

  #canReceive(): boolean {
    return ['syn-received', 'established', 'fin-wait-1', 'fin-wait-2'].includes(this.state);
  }

  #onData({ sequence, data, flags }: TcpSegment): void {
    if ((flags & FLAG.fin) !== 0) this.#finReceivedAt = add(sequence, data.length);
    if (!this.#canReceive()) {
      this.#ack();
      return;
    }
    if (data.length > 0 && this.#orphaned) {
      this.abort();
      return;
    }
    if (data.length > 0) {
      const ready = this.#in.accept(sequence, data, this.#window());
      for (const bytes of ready) this.#events.data(bytes);
      // Out of order, filling a gap or beyond the window: the sender must hear at once.
      if (ready.length !== 1 || this.#in.hasGap) this.#ack();
      else this.#ackSoon();
    }
    if (this.#finReceivedAt === this.#in.next) this.#onFin();
  }

  #onFin(): void {
    this.#in.next = add(this.#in.next, 1);
    this.#finReceivedAt = undefined;
    this.#ack();
    if (this.state === 'established' || this.state === 'syn-received') this.state = 'close-wait';
    else if (this.state === 'fin-wait-1') this.state = 'closing';
    else this.#enterTimeWait();
    this.#events.remoteEnd();
  }

  #enterTimeWait(): void {
    this.state = 'time-wait';
    this.#startTimeWait();
  }

  #startTimeWait(): void {
    clearTimeout(this.#timeWait);
    const ms = this.#options.timeWaitMs ?? TIME_WAIT_MS;
    this.#timeWait = setTimeout(() => this.#close(undefined), ms);
    this.#timeWait.unref();
  }

  #ackSoon(): void {
    if (++this.#unacknowledgedSegments >= ACK_EVERY) {
      this.#ack();
      return;
    }
    this.#ackScheduled ??= setImmediate(() => {
      this.#ackScheduled = undefined;
      if (this.#unacknowledgedSegments > 0 && this.state !== 'closed') this.#ack();
    });
  }

  #ack(): void {
    this.#send(FLAG.ack, this.#sender.next);
  }

  #window(): number {
    return Math.max(0, RECEIVE_WINDOW - this.#events.unread());
  }

  #send(flags: number, sequence: number, data: Uint8Array = NOTHING, mss?: number): void {
    this.#unacknowledgedSegments = 0;
    // Never shrink what was promised, RFC 9293 section 3.8.6; the application's backlog decides.
    this.#announced = this.#window();
    this.#events.transmit({
      sequence,
      acknowledgment: (flags & FLAG.ack) === 0 ? 0 : this.#in.next,
      flags,
      window: this.#announced,
      mss,
      data,
    });
  }

  #close(failure: TcpFailure | undefined): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    clearTimeout(this.#timeWait);
    this.#sender.stop();
    if (this.#ackScheduled) clearImmediate(this.#ackScheduled);
    this.#events.closed(failure);
  }
}
