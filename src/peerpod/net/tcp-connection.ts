/**
 * One TCP connection: the state machine of RFC 9293 between "segment came in" and "segment goes
 * out". No sockets and no streams here; the owner delivers segments and gets callbacks.
 *
 * Kept simple on purpose: no window scaling, SACK, time stamps or urgent data, and data is sent at
 * once (no Nagle). A peer that offers these falls back, as the RFCs demand.
 */
import { Congestion } from './congestion.ts';
import { Reassembly } from './reassembly.ts';
import { SendBuffer } from './send-buffer.ts';
import { add, distance, isAfter } from './sequence.ts';
import { FLAG, type TcpSegment } from './tcp-segment.ts';

export type TcpState =
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

export interface TcpOptions {
  readonly iss: number;
  readonly mss: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly timeWaitMs?: number;
}

/** The most that a 16-bit window can say. */
export const RECEIVE_WINDOW = 0xffff;
const DEFAULT_PEER_MSS = 536; // RFC 9293 section 3.7.1
const MAX_SYN_RETRIES = 6; // Linux tcp_syn_retries
const MAX_RETRIES = 15; // Linux tcp_retries2
const TIME_WAIT_MS = 1000; // shorter than 2 MSL: both ends are on one machine
/** Linux tcp_invalid_ratelimit. */
const CHALLENGE_INTERVAL_MS = 500;
const ACK_EVERY = 4;
const NOTHING = new Uint8Array();

export class TcpConnection {
  state: TcpState;
  readonly #events: TcpEvents;
  readonly #options: TcpOptions;
  readonly #out = new SendBuffer();
  #in = new Reassembly(0);
  #congestion: Congestion;
  #mss: number;
  /** First unacknowledged, next to send. */
  #una: number;
  #nxt: number;
  #peerWindow = 0;
  #finQueued = false;
  #finSent = false;
  #finReceivedAt: number | undefined;
  #duplicates = 0;
  /** End of what was in flight at the last fast retransmit; until then no second one. */
  #recover: number | undefined;
  #retries = 0;
  #timed: { readonly end: number; readonly at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerKind: 'retransmit' | 'persist' | 'time-wait' | undefined;
  #unacknowledgedSegments = 0;
  #ackScheduled: NodeJS.Immediate | undefined;
  #announced = RECEIVE_WINDOW;
  #orphaned = false;
  #challengedAt = Number.NEGATIVE_INFINITY;

  private constructor(state: TcpState, events: TcpEvents, options: TcpOptions) {
    this.state = state;
    this.#events = events;
    this.#options = options;
    this.#mss = options.mss;
    this.#congestion = new Congestion(options.mss);
    this.#una = options.iss;
    this.#nxt = add(options.iss, 1);
  }

  /** Active open: sends SYN. */
  static connect(events: TcpEvents, options: TcpOptions): TcpConnection {
    const connection = new TcpConnection('syn-sent', events, options);
    connection.#sendSyn();
    return connection;
  }

  /** Passive open: answers a SYN. */
  static accept(syn: TcpSegment, events: TcpEvents, options: TcpOptions): TcpConnection {
    const connection = new TcpConnection('syn-received', events, options);
    connection.#takeSyn(syn);
    connection.#sendSyn();
    return connection;
  }

  get unsent(): number {
    return this.#out.length;
  }

  write(data: Uint8Array): void {
    if (this.#finQueued || this.state === 'closed') return;
    this.#out.push(data);
    this.#flush();
  }

  /** No more data from this side. */
  end(): void {
    if (this.#finQueued) return;
    this.#finQueued = true;
    this.#flush();
  }

  /** The application is gone: finish what was written, take nothing more. */
  orphan(): void {
    this.#orphaned = true;
    if (!this.#finQueued) this.abort();
    else if (this.state === 'fin-wait-2') this.#startTimer('time-wait');
  }

  /** RST, and forget. */
  abort(failure?: TcpFailure): void {
    if (this.state === 'closed') return;
    if (this.state !== 'syn-sent' && this.state !== 'time-wait')
      this.#send(FLAG.rst | FLAG.ack, this.#nxt);
    this.#close(failure);
  }

  /** The application has read: tell the peer when that opens the window noticeably. */
  windowOpened(): void {
    if (!this.#canReceive()) return;
    const gain = this.#window() - this.#announced;
    if (gain >= Math.min(2 * this.#mss, RECEIVE_WINDOW / 2)) this.#ack();
  }

  receive(segment: TcpSegment): void {
    if (this.state === 'closed') return;
    if (this.state === 'syn-sent') this.#inSynSent(segment);
    else if (this.#isAcceptable(segment)) this.#inSequence(segment);
    else if ((segment.flags & FLAG.rst) === 0) this.#answerUnacceptable(segment);
  }

  #inSynSent(segment: TcpSegment): void {
    const { flags, acknowledgment } = segment;
    if ((flags & FLAG.ack) === 0 || acknowledgment !== this.#nxt) return;
    if ((flags & FLAG.rst) !== 0) {
      this.#close('ECONNREFUSED');
      return;
    }
    if ((flags & FLAG.syn) === 0) return;
    this.#takeSyn(segment);
    this.#establish(segment);
    this.#flush();
  }

  /** Our SYN is acknowledged. */
  #establish({ acknowledgment, window }: TcpSegment): void {
    this.#una = acknowledgment;
    this.#peerWindow = window;
    this.#retries = 0;
    this.#stopTimer();
    this.#roundTrip(acknowledgment);
    const active = this.state === 'syn-sent';
    this.state = 'established';
    if (active) this.#ack();
    this.#events.connected();
  }

  #takeSyn(syn: TcpSegment): void {
    this.#in = new Reassembly(add(syn.sequence, 1));
    this.#mss = Math.min(this.#options.mss, syn.mss ?? DEFAULT_PEER_MSS);
    this.#congestion = new Congestion(this.#mss);
    this.#peerWindow = syn.window;
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
      this.#sendSyn();
      return;
    }
    const now = this.#options.now();
    const isBare = data.length === 0 && (flags & (FLAG.syn | FLAG.fin)) === 0;
    // Two ends that disagree would answer each other's bare ACKs for ever.
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
    if (isAfter(acknowledgment, this.#nxt)) {
      this.#ack();
      return;
    }
    if (this.state === 'syn-received') {
      if (acknowledgment !== this.#nxt) return;
      this.#establish(segment);
    }
    this.#onAck(segment);
    // onAck can end the connection, which TypeScript does not see.
    if (this.state === 'closed') return;
    if (this.#canReceive() || segment.data.length > 0 || (flags & FLAG.fin) !== 0)
      this.#onData(segment);
    this.#flush();
  }

  #onAck(segment: TcpSegment): void {
    const { acknowledgment, window, data } = segment;
    const acknowledged = distance(acknowledgment, this.#una);
    const inFlight = distance(this.#nxt, this.#una);
    if (acknowledged > 0) {
      this.#advance(acknowledgment, acknowledged);
    } else if (
      acknowledged === 0 &&
      data.length === 0 &&
      window === this.#peerWindow &&
      inFlight > 0
    ) {
      this.#duplicates++;
      if (this.#duplicates === 3 && this.#recover === undefined) this.#fastRetransmit(inFlight);
    }
    if (acknowledged >= 0) {
      this.#peerWindow = window;
      if (window > 0 && this.#timerKind === 'persist') this.#leavePersist();
    }
  }

  /** The window is open again; the probe's byte may still be under way. */
  #leavePersist(): void {
    this.#stopTimer();
    if (this.#nxt !== this.#una) this.#startTimer('retransmit');
  }

  #advance(acknowledgment: number, acknowledged: number): void {
    const finAcknowledged = this.#finSent && acknowledgment === this.#nxt;
    // SYN and FIN take a number each and are no bytes of the buffer.
    const bytes = Math.min(acknowledged, this.#out.length);
    this.#out.drop(bytes);
    this.#una = acknowledgment;
    this.#retries = 0;
    this.#duplicates = 0;
    this.#roundTrip(acknowledgment);
    if (this.#recover === undefined) this.#congestion.onAcknowledged(bytes);
    else if (!isAfter(this.#recover, acknowledgment)) this.#recover = undefined;
    else this.#retransmit(); // NewReno: a partial acknowledgment names the next hole
    if (this.#nxt === this.#una) this.#stopTimer();
    else this.#startTimer('retransmit');
    if (finAcknowledged) this.#onFinAcknowledged();
    if (bytes > 0) this.#events.acknowledged();
  }

  #fastRetransmit(inFlight: number): void {
    this.#recover = this.#nxt;
    this.#congestion.onFastRetransmit(inFlight);
    this.#retransmit();
  }

  #roundTrip(acknowledgment: number): void {
    if (!this.#timed || isAfter(this.#timed.end, acknowledgment)) return;
    this.#congestion.onRoundTrip(this.#options.now() - this.#timed.at);
    this.#timed = undefined;
  }

  #onFinAcknowledged(): void {
    if (this.state === 'fin-wait-1') {
      this.state = 'fin-wait-2';
      if (this.#orphaned) this.#startTimer('time-wait');
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
    this.#startTimer('time-wait');
  }

  /** Sends what the windows allow. */
  #flush(): void {
    if (!['established', 'close-wait'].includes(this.state)) {
      if (!['fin-wait-1', 'closing', 'last-ack'].includes(this.state)) return;
    }
    while (this.#sendNext());
    if (this.#finQueued && !this.#finSent && this.#sentBytes() === this.#out.length)
      this.#sendFin();
    if (this.#peerWindow === 0 && this.#out.length > 0 && this.#nxt === this.#una) {
      if (this.#timerKind !== 'persist') this.#startTimer('persist');
    }
  }

  /** Bytes of the buffer that are in flight. */
  #sentBytes(): number {
    return distance(this.#nxt, this.#una) - (this.#finSent ? 1 : 0);
  }

  #sendNext(): boolean {
    if (this.#finSent) return false;
    const inFlight = this.#sentBytes();
    const waiting = this.#out.length - inFlight;
    const room = Math.min(this.#peerWindow, this.#congestion.window) - inFlight;
    const length = Math.min(this.#mss, waiting, room);
    if (length <= 0) return false;
    // Silly window: wait for more room rather than send a sliver, unless nothing is in flight.
    if (length < this.#mss && length < waiting && inFlight > 0) return false;
    this.#sendData(inFlight, length);
    return true;
  }

  #sendData(offset: number, length: number): void {
    const data = this.#out.read(offset, length);
    const sequence = add(this.#una, offset);
    const last = offset + data.length === this.#out.length;
    const end = add(sequence, data.length);
    if (isAfter(end, this.#nxt)) {
      this.#timed ??= { end, at: this.#options.now() };
      this.#nxt = end;
    }
    this.#send(FLAG.ack | (last ? FLAG.psh : 0), sequence, data);
    if (this.#timerKind === undefined) this.#startTimer('retransmit');
  }

  #sendFin(): void {
    this.#finSent = true;
    this.state = this.state === 'close-wait' ? 'last-ack' : 'fin-wait-1';
    this.#send(FLAG.fin | FLAG.ack, this.#nxt);
    this.#nxt = add(this.#nxt, 1);
    if (this.#timerKind === undefined) this.#startTimer('retransmit');
  }

  #sendSyn(): void {
    this.#timed = this.#retries === 0 ? { end: this.#nxt, at: this.#options.now() } : undefined;
    const flags = this.state === 'syn-sent' ? FLAG.syn : FLAG.syn | FLAG.ack;
    this.#send(flags, this.#options.iss, NOTHING, this.#options.mss);
    this.#startTimer('retransmit');
  }

  /** The oldest unacknowledged piece, once more. */
  #retransmit(): void {
    this.#timed = undefined;
    if (this.state === 'syn-sent' || this.state === 'syn-received') {
      this.#sendSyn();
      return;
    }
    const length = Math.min(this.#mss, this.#sentBytes());
    if (length > 0) this.#sendData(0, length);
    else if (this.#finSent) this.#send(FLAG.fin | FLAG.ack, add(this.#nxt, -1));
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
    this.#send(FLAG.ack, this.#nxt);
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

  #startTimer(kind: 'retransmit' | 'persist' | 'time-wait'): void {
    if (this.state === 'closed') return;
    const ms =
      kind === 'time-wait' ? (this.#options.timeWaitMs ?? TIME_WAIT_MS) : this.#congestion.rtoMs;
    clearTimeout(this.#timer);
    this.#timerKind = kind;
    this.#timer = setTimeout(() => this.#onTimer(), ms);
    this.#timer.unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerKind = undefined;
  }

  #onTimer(): void {
    const kind = this.#timerKind;
    this.#stopTimer();
    if (kind === 'time-wait') {
      this.#close(undefined);
      return;
    }
    const opening = this.state === 'syn-sent' || this.state === 'syn-received';
    if (++this.#retries > (opening ? MAX_SYN_RETRIES : MAX_RETRIES)) {
      this.#close('ETIMEDOUT');
      return;
    }
    if (kind === 'persist') {
      // One byte beyond the closed window; its answer says whether it has opened.
      this.#congestion.rtoMs = Math.min(this.#congestion.rtoMs * 2, 60_000);
      this.#sendData(0, 1);
      this.#startTimer('persist');
      return;
    }
    this.#congestion.onTimeout(distance(this.#nxt, this.#una));
    // Everything in flight may be lost: each partial acknowledgment then names the next hole.
    this.#recover = opening ? undefined : this.#nxt;
    this.#duplicates = 0;
    this.#retransmit();
    if (this.#timerKind === undefined) this.#startTimer('retransmit');
  }

  #close(failure: TcpFailure | undefined): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.#stopTimer();
    if (this.#ackScheduled) clearImmediate(this.#ackScheduled);
    this.#out.drop(this.#out.length);
    this.#events.closed(failure);
  }
}
