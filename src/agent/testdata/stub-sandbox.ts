/**
 * A sandbox that records what reaches it and answers as told, for what concerns the gate alone.
 */
import type { Sandbox } from '#guest';

export interface StubSandbox {
  readonly sandbox: Sandbox;
  /** Names of the methods that were called, in order. */
  readonly calls: string[];
  /** What a method answers from now on; an Error is thrown. */
  answer(method: string & keyof Sandbox, value: unknown): void;
}

export function stubSandbox(): StubSandbox {
  const calls: string[] = [];
  const answers = new Map<string, unknown>();
  const destroyed = new AbortController();
  const own: Readonly<Record<string, unknown>> = {
    destroyed: destroyed.signal,
    close: () => Promise.resolve(),
  };
  const sandbox = new Proxy({} as Sandbox, {
    get(_target, name) {
      if (typeof name !== 'string' || name === 'then') return undefined;
      if (name in own) return own[name];
      return async () => {
        calls.push(name);
        if (name === 'destroySandbox') destroyed.abort();
        await Promise.resolve();
        const answer = answers.get(name);
        if (answer instanceof Error) throw answer;
        return answer ?? {};
      };
    },
  });
  return {
    sandbox,
    calls,
    answer: (method, value) => void answers.set(method, value),
  };
}
