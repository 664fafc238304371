/**
 * How much may be in flight and how long to wait for its acknowledgment. Slow start and congestion
 * avoidance (RFC 5681, counted in bytes) and the retransmission timer (RFC 6298).
 */
const INITIAL_SEGMENTS = 10; // RFC 6928
const MIN_RTO_MS = 200; // as Linux; RFC 6298 would have a second
const MAX_RTO_MS = 60_000;
const INITIAL_RTO_MS = 1000;

export class Congestion {
  window: number;
  rtoMs = INITIAL_RTO_MS;
  readonly #mss: number;
  #threshold = Number.POSITIVE_INFINITY;
  #srtt: number | undefined;
  #rttvar = 0;

  constructor(mss: number) {
    this.#mss = mss;
    this.window = INITIAL_SEGMENTS * mss;
  }

  onAcknowledged(bytes: number): void {
    if (this.window < this.#threshold) this.window += bytes;
    else this.window += Math.max(1, Math.floor((this.#mss * bytes) / this.window));
    // Without window scaling nothing beyond 64 KiB is ever in flight.
    this.window = Math.min(this.window, 0x20000);
  }

  /** Three duplicate acknowledgments: one segment is lost, the rest arrives. */
  onFastRetransmit(inFlight: number): void {
    this.#threshold = Math.max(Math.floor(inFlight / 2), 2 * this.#mss);
    this.window = this.#threshold;
  }

  onTimeout(inFlight: number): void {
    this.#threshold = Math.max(Math.floor(inFlight / 2), 2 * this.#mss);
    this.window = this.#mss;
    this.rtoMs = Math.min(this.rtoMs * 2, MAX_RTO_MS);
  }

  /** A round trip of a segment that was sent only once (Karn). */
  onRoundTrip(ms: number): void {
    if (this.#srtt === undefined) {
      this.#srtt = ms;
      this.#rttvar = ms / 2;
    } else {
      this.#rttvar = 0.75 * this.#rttvar + 0.25 * Math.abs(this.#srtt - ms);
      this.#srtt = 0.875 * this.#srtt + 0.125 * ms;
    }
    this.rtoMs = Math.min(Math.max(this.#srtt + 4 * this.#rttvar, MIN_RTO_MS), MAX_RTO_MS);
  }
}
