/**
 * The sending half of a TCP connection: what was written and is not yet acknowledged, how much of it
 * may be in flight, and the timer that sends it again. RFC 9293 section 3.8, RFC 5681, 6298, 6582.
 */
import { Congestion } from './congestion.ts';
import { SendBuffer } from './send-buffer.ts';
import { add, distance, isAfter } from './sequence.ts';
import { FLAG, type TcpSegment } from './tcp-segment.ts';

interface SenderEvents {
  send(flags: number, sequence: number, data?: Uint8Array, mss?: number): void;
  /** Just before our FIN goes out. */
  finishing(): void;
  finAcknowledged(): void;
  /** Bytes were acknowledged: there is room to write. */
  acknowledged(): void;
  /** Nobody answers any more. */
  gaveUp(): void;
}

export interface SenderOptions {
  readonly iss: number;
  readonly mss: number;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

const DEFAULT_PEER_MSS = 536; // RFC 9293 section 3.7.1
const MAX_SYN_RETRIES = 6; // Linux tcp_syn_retries
const MAX_RETRIES = 15; // Linux tcp_retries2
const MAX_PROBE_MS = 60_000;

export class TcpSender {
  readonly #events: SenderEvents;
  readonly #options: SenderOptions;
  readonly #out = new SendBuffer();
  /** The flags of our SYN, until it is acknowledged. */
  #opening: number | undefined;
  #congestion: Congestion;
  #mss: number;
  /** First unacknowledged, next to send. */
  #una: number;
  #nxt: number;
  #peerWindow = 0;
  #finQueued = false;
  #finSent = false;
  #duplicates = 0;
  /** End of what was in flight at the last fast retransmit; until then no second one. */
  #recover: number | undefined;
  #retries = 0;
  #timed: { readonly end: number; readonly at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerKind: 'retransmit' | 'persist' | undefined;
  #stopped = false;

  /** `opening` are the flags of the SYN: SYN, or SYN and ACK. */
  constructor(opening: number, events: SenderEvents, options: SenderOptions) {
    this.#opening = opening;
    this.#events = events;
    this.#options = options;
    this.#mss = options.mss;
    this.#congestion = new Congestion(options.mss);
    this.#una = options.iss;
    this.#nxt = add(options.iss, 1);
  }

  /** The sequence number of what would be sent next. */
  get next(): number {
    return this.#nxt;
  }

  /** Bytes written and not yet acknowledged. */
  get unacknowledged(): number {
    return this.#out.length;
  }

  get isFinishing(): boolean {
    return this.#finQueued;
  }

  sendSyn(): void {
    if (this.#opening === undefined) return;
    this.#timed = this.#retries === 0 ? { end: this.#nxt, at: this.#options.now() } : undefined;
    this.#events.send(this.#opening, this.#options.iss, undefined, this.#options.mss);
    this.#startTimer('retransmit');
  }

  /** The peer's SYN names its limits. */
  takeSyn(syn: TcpSegment): void {
    this.#mss = Math.min(this.#options.mss, syn.mss ?? DEFAULT_PEER_MSS);
    this.#congestion = new Congestion(this.#mss);
    this.#peerWindow = syn.window;
  }

  /** Our SYN is acknowledged. */
  opened({ acknowledgment, window }: TcpSegment): void {
    this.#opening = undefined;
    this.#una = acknowledgment;
    this.#peerWindow = window;
    this.#retries = 0;
    this.#stopTimer();
    this.#roundTrip(acknowledgment);
  }

  write(data: Uint8Array): void {
    this.#out.push(data);
    this.flush();
  }

  end(): void {
    this.#finQueued = true;
    this.flush();
  }

  /** Forgets everything and sends nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
    this.#out.drop(this.#out.length);
  }

  onAck({ acknowledgment, window, data }: TcpSegment): void {
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
    if (finAcknowledged) this.#events.finAcknowledged();
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

  /** Sends what the windows allow. */
  flush(): void {
    if (this.#opening !== undefined || this.#stopped) return;
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
    this.#events.send(FLAG.ack | (last ? FLAG.psh : 0), sequence, data);
    if (this.#timerKind === undefined) this.#startTimer('retransmit');
  }

  #sendFin(): void {
    this.#finSent = true;
    this.#events.finishing();
    this.#events.send(FLAG.fin | FLAG.ack, this.#nxt);
    this.#nxt = add(this.#nxt, 1);
    if (this.#timerKind === undefined) this.#startTimer('retransmit');
  }

  /** The oldest unacknowledged piece, once more. */
  #retransmit(): void {
    this.#timed = undefined;
    if (this.#opening !== undefined) {
      this.sendSyn();
      return;
    }
    const length = Math.min(this.#mss, this.#sentBytes());
    if (length > 0) this.#sendData(0, length);
    else if (this.#finSent) this.#events.send(FLAG.fin | FLAG.ack, add(this.#nxt, -1));
  }

  #startTimer(kind: 'retransmit' | 'persist'): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timerKind = kind;
    this.#timer = setTimeout(() => this.#onTimer(), this.#congestion.rtoMs);
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
    const isOpening = this.#opening !== undefined;
    if (++this.#retries > (isOpening ? MAX_SYN_RETRIES : MAX_RETRIES)) {
      this.#events.gaveUp();
      return;
    }
    if (kind === 'persist') {
      // One byte beyond the closed window; its answer says whether it has opened.
      this.#congestion.rtoMs = Math.min(this.#congestion.rtoMs * 2, MAX_PROBE_MS);
      this.#sendData(0, 1);
      this.#startTimer('persist');
      return;
    }
    this.#congestion.onTimeout(distance(this.#nxt, this.#una));
    // Everything in flight may be lost: each partial acknowledgment then names the next hole.
    this.#recover = isOpening ? undefined : this.#nxt;
    this.#duplicates = 0;
    this.#retransmit();
    if (this.#timerKind === undefined) this.#startTimer('retransmit');
  }
}
