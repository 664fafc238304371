import { expect, test } from 'vitest';
import { deferred } from '#base';
import { dial, RpcStatusError } from '#rpc';
import { agentCalls } from './agent-calls.ts';
import { fakeAgent, never, type Answer } from './testdata/fake-agent.ts';
import { openSession, type SessionOptions } from './process-session.ts';

const status = (code: number, message: string): Answer => {
  return () => {
    throw new RpcStatusError(code, message);
  };
};

/** Answers one after the other, then empty data: the end of the stream. */
function stream(...texts: readonly string[]): Answer {
  const left = [...texts];
  return () => ({ data: Buffer.from(left.shift() ?? '') });
}

async function setUp(answers: Readonly<Record<string, Answer>>) {
  const agent = await fakeAgent({ WaitProcess: () => ({ status: 0 }), ...answers });
  const client = await dial(agent.address);
  const open = (options: Partial<SessionOptions> = {}) =>
    openSession({
      agent: agentCalls(client),
      containerId: 'c1',
      execId: 'e1',
      tty: false,
      signal: new AbortController().signal,
      ...options,
    });
  const dispose = async () => {
    await client.close();
    await agent.close();
  };
  return { agent, open, [Symbol.asyncDispose]: dispose };
}

test('outputs are read until they are empty, then the process is waited for', async () => {
  await using world = await setUp({
    ReadStdout: stream('one ', 'two'),
    ReadStderr: stream('err'),
    WaitProcess: () => ({ status: 42 }),
  });
  const seen: string[] = [];
  const session = world.open({
    stdout: (data) => void seen.push(`out:${Buffer.from(data).toString()}`),
    stderr: (data) => void seen.push(`err:${Buffer.from(data).toString()}`),
    ended: () => void seen.push('ended'),
  });
  expect(await session.exitCode).toBe(42);
  expect([...seen].sort()).toEqual(['ended', 'err:err', 'out:one ', 'out:two']);
  expect(seen.at(-1)).toBe('ended');
  expect(world.agent.names().at(-1)).toBe('WaitProcess');
  const target = { container_id: 'c1', exec_id: 'e1' };
  expect(world.agent.of('ReadStdout')[0]).toEqual({ ...target, len: 32_768 });
  expect(world.agent.of('WaitProcess')).toEqual([target]);
});

test('a slow sink holds the next read back', async () => {
  await using world = await setUp({ ReadStdout: stream('a', 'b') });
  const gate = deferred<undefined>();
  const arrived = deferred<undefined>();
  const session = world.open({
    stdout: () => {
      arrived.resolve(undefined);
      return gate.promise;
    },
  });
  await arrived.promise;
  // Another call on the same connection goes round: a read that was sent would have arrived.
  await session.resize(1, 1);
  expect(world.agent.of('ReadStdout')).toHaveLength(1);
  gate.resolve(undefined);
  await session.exitCode;
  expect(world.agent.of('ReadStdout')).toHaveLength(3);
});

test.each([
  { note: 'the I/O error of a terminal', answer: status(13, 'Input/output error (os error 5)') },
  { note: 'a process that is gone', answer: status(5, 'InvalidExecId') },
])('$note is the end of the stream', async ({ answer }) => {
  await using world = await setUp({ ReadStdout: answer, WaitProcess: () => ({ status: 3 }) });
  expect(await world.open({ stdout: () => undefined }).exitCode).toBe(3);
});

test('a terminal has one stream', async () => {
  await using world = await setUp({ ReadStdout: stream('x') });
  await world.open({ tty: true, stdout: () => undefined, stderr: () => undefined }).exitCode;
  expect(world.agent.of('ReadStderr')).toEqual([]);
});

/** A process that ends when its input is closed, as `cat` does. */
function cat(taken: (data: Uint8Array) => number = (data) => data.length) {
  const closed = deferred<undefined>();
  const written: Uint8Array[] = [];
  return {
    written,
    answers: {
      WriteStdin: ({ data }) => {
        const len = taken(data as Uint8Array);
        written.push((data as Uint8Array).subarray(0, len));
        return { len };
      },
      CloseStdin: () => closed.resolve(undefined),
      WaitProcess: () => closed.promise.then(() => ({ status: 0 })),
    } satisfies Record<string, Answer>,
  };
}

async function* chunks(...data: readonly Uint8Array[]) {
  for (const chunk of data) yield await Promise.resolve(chunk);
}

test('stdin goes in pieces of 32 KiB, what was not taken goes again, and its end is told', async () => {
  const process = cat((data) => Math.min(data.length, 20_000));
  await using world = await setUp(process.answers);
  const input = Buffer.alloc(70_000, 'abcdefg');
  await world.open({ stdin: chunks(input) }).exitCode;
  expect(Buffer.concat(process.written).equals(input)).toBe(true);
  expect(world.agent.of('WriteStdin')[0].data).toHaveLength(32_768);
  expect(world.agent.of('CloseStdin')).toEqual([{ container_id: 'c1', exec_id: 'e1' }]);
});

test('stdin is read no faster than the agent takes it', async () => {
  const gate = deferred<undefined>();
  const first = deferred<undefined>();
  const process = cat();
  let pulled = 0;
  async function* source() {
    while (pulled < 3) {
      pulled++;
      yield await Promise.resolve(Buffer.from('x'));
    }
  }
  await using world = await setUp({
    ...process.answers,
    WriteStdin: async ({ data }) => {
      first.resolve(undefined);
      await gate.promise;
      return { len: (data as Uint8Array).length };
    },
  });
  const session = world.open({ stdin: source() });
  await first.promise;
  expect(pulled).toBe(1);
  gate.resolve(undefined);
  await session.exitCode;
  expect(pulled).toBe(3);
});

test('a refused write is kept, and the input closed once', async () => {
  const process = cat();
  await using world = await setUp({
    ...process.answers,
    WriteStdin: status(7, '"WriteStreamRequest is blocked by policy: "'),
  });
  const session = world.open({ stdin: chunks(Buffer.from('x')) });
  await session.exitCode;
  expect(session.stdinFailure()).toMatchObject({ code: 7 });
  expect(world.agent.of('CloseStdin')).toHaveLength(1);
});

test('an agent that takes nothing is not asked for ever', async () => {
  const process = cat(() => 0);
  await using world = await setUp(process.answers);
  const session = world.open({ stdin: chunks(Buffer.from('x')) });
  await session.exitCode;
  expect(session.stdinFailure()).toMatchObject({ message: 'the agent took no bytes of stdin' });
});

test('the input of a terminal is not closed: that would take its output away', async () => {
  const process = cat();
  const waited = deferred<undefined>();
  await using world = await setUp({
    ...process.answers,
    WriteStdin: ({ data }) => {
      waited.resolve(undefined);
      return { len: (data as Uint8Array).length };
    },
    WaitProcess: () => waited.promise.then(() => ({ status: 0 })),
  });
  await world.open({ tty: true, stdin: chunks(Buffer.from('exit\n')) }).exitCode;
  expect(world.agent.of('CloseStdin')).toEqual([]);
});

test('the end of the process lets go of an input that says nothing', async () => {
  await using world = await setUp({});
  let returned = false;
  const silent: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => undefined),
      return: () => {
        returned = true;
        // A stream that is torn down may well fail here; nobody is left to hear of it.
        return Promise.reject(new Error('torn down'));
      },
    }),
  };
  expect(await world.open({ stdin: silent }).exitCode).toBe(0);
  expect(returned).toBe(true);
});

test('an aborted session ends though the agent is silent', async () => {
  const stop = new AbortController();
  const answer: Answer = (request, context) => {
    stop.abort();
    return never(request, context);
  };
  await using world = await setUp({ ReadStdout: answer, WaitProcess: never });
  const session = world.open({ stdout: () => undefined, signal: stop.signal });
  await expect(session.exitCode).rejects.toMatchObject({ code: 1 });
});
