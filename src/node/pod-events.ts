/** The events of a pod: a repeated event is counted, and only the most recent are kept. */

export interface PodEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstTime: string;
  readonly lastTime: string;
}

/** A record stays a file of some kilobytes. */
const MAX_EVENTS = 50;

/** The events with one more; an equal one moves to the end with its count raised. */
export function withEvent(
  events: readonly PodEvent[],
  { type, reason, message }: Pick<PodEvent, 'type' | 'reason' | 'message'>,
  now: string,
): readonly PodEvent[] {
  const isSame = (event: PodEvent): boolean => event.reason === reason && event.message === message;
  const { count = 0, firstTime = now } = events.find(isSame) ?? {};
  const others = events.filter((event) => !isSame(event));
  const event: PodEvent = { type, reason, message, count: count + 1, firstTime, lastTime: now };
  return [...others, event].slice(-MAX_EVENTS);
}
