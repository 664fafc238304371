/** Puts together the observers that a query asks for; none costs nothing. */
import type { CoverageRecorder } from './coverage.ts';
import type { Observer } from './eval/observer.ts';
import { ExplainRecorder } from './explain.ts';
import { TraceRecorder } from './trace.ts';

export interface WatchOptions {
  readonly explain?: boolean;
  readonly trace?: boolean;
  readonly coverage?: CoverageRecorder;
  readonly observer?: Observer;
}

export interface Watch {
  readonly explain: ExplainRecorder | undefined;
  readonly trace: TraceRecorder | undefined;
  /** Absent when nobody listens. */
  readonly observer: Observer | undefined;
}

const nobody: Watch = { explain: undefined, trace: undefined, observer: undefined };

export function watchers(options: WatchOptions): Watch {
  const explain = options.explain === true ? new ExplainRecorder() : undefined;
  const trace = options.trace === true ? new TraceRecorder() : undefined;
  const all = [explain, trace, options.coverage, options.observer].filter(
    (one): one is Observer & object => one !== undefined,
  );
  const [first] = all;
  if (first === undefined) return nobody;
  return { explain, trace, observer: all.length === 1 ? first : together(all) };
}

/** One observer that tells all of them. */
export function together(all: readonly Observer[]): Observer {
  return {
    enterRule(...args) {
      for (const one of all) one.enterRule?.(...args);
    },
    passRule(...args) {
      for (const one of all) one.passRule?.(...args);
    },
    leaveRule(...args) {
      for (const one of all) one.leaveRule?.(...args);
    },
    enterLiteral(...args) {
      for (const one of all) one.enterLiteral?.(...args);
    },
    passLiteral(...args) {
      for (const one of all) one.passLiteral?.(...args);
    },
    leaveLiteral(...args) {
      for (const one of all) one.leaveLiteral?.(...args);
    },
    value(...args) {
      for (const one of all) one.value?.(...args);
    },
    note(text) {
      for (const one of all) one.note?.(text);
    },
  };
}
