/**
 * Policies that arrive compiled by `opa build -t wasm`. The module has its own memory, bounded, and
 * runs under a time limit; after one that ran too long it is made anew. OPA compiled it, so its
 * dialect, builtins and errors are OPA's and not the guest's, there is nothing to explain, and
 * prints exist only if they were compiled in.
 */
import { createContext, Script } from 'node:vm';
import * as library from '@open-policy-agent/opa-wasm';
import { messageOf } from '#base';
import { stringifyJson, type Json } from '#wire';
import { policyErrors } from './errors.ts';
import type { EngineAnswer, EngineQuery, PolicyEngine } from './engine.ts';

type Builtins = Readonly<Record<string, (...args: never[]) => unknown>>;

interface LoadedPolicy {
  readonly entrypoints: Readonly<Record<string, number>>;
  setData(json: ArrayBuffer): void;
  evaluate(inputJson: ArrayBuffer, entrypoint: string): unknown;
}

/** The library's own types leave out the synchronous half of its default export. */
interface OpaWasm {
  loadPolicySync(
    module: Uint8Array,
    memory: { readonly initial: number; readonly maximum: number },
    builtins: Builtins,
  ): LoadedPolicy;
}

const { default: opa } = library as unknown as { readonly default: OpaWasm };

/** 64 KiB each: 256 MiB at most. */
const MAX_MEMORY_PAGES = 4096;

const PACKAGE = 'agent_policy';

/** Runs `run` and ends it, wherever it is, once `timeoutMs` have passed. */
const runner = new Script('run()');

function withTimeout<T>(run: () => T, timeoutMs: number): T {
  return runner.runInContext(createContext({ run }), { timeout: Math.ceil(timeoutMs) }) as T;
}

export interface WasmEngine extends PolicyEngine {
  readonly kind: 'wasm';
  /** `agent_policy/ExecProcessRequest`, as compiled in. */
  readonly entrypoints: readonly string[];
}

/** Throws `POLICY_BAD_MODULE`. `base` is the data a bundle brings; the state is merged over it. */
export function loadWasm(
  bytes: Uint8Array,
  file: string,
  base: Readonly<Record<string, Json>> = {},
): WasmEngine {
  const prints: string[] = [];
  const instantiate = (): LoadedPolicy =>
    opa.loadPolicySync(
      Uint8Array.from(bytes),
      { initial: 8, maximum: MAX_MEMORY_PAGES },
      builtins(prints),
    );
  let policy: LoadedPolicy | undefined;
  let entrypoints: readonly string[];
  try {
    policy = instantiate();
    entrypoints = Object.keys(policy.entrypoints);
  } catch (cause) {
    throw policyErrors.badModule(file, cause);
  }
  // The data document as it was last handed to the module.
  let loaded: Json | undefined;
  const run = ({ rule, input, data }: EngineQuery): Json | undefined => {
    policy ??= instantiate();
    if (loaded !== data) {
      policy.setData(jsonBytes({ ...base, ...(data as Readonly<Record<string, Json>>) }));
      loaded = data;
    }
    const exact = `${PACKAGE}/${rule}`;
    const inputBytes = jsonBytes(input);
    if (entrypoints.includes(exact)) return resultOf(policy.evaluate(inputBytes, exact));
    if (!entrypoints.includes(PACKAGE)) return undefined;
    return memberOf(resultOf(policy.evaluate(inputBytes, PACKAGE)), rule);
  };
  return {
    kind: 'wasm',
    entrypoints,
    evaluate(query): EngineAnswer {
      prints.length = 0;
      try {
        const value = withTimeout(() => run(query), query.budget.timeMs);
        const told = { prints: [...prints] };
        return value === undefined
          ? { kind: 'undefined', ...told }
          : { kind: 'value', value, ...told };
      } catch (error) {
        // Its memory may hold anything now.
        policy = undefined;
        loaded = undefined;
        return { ...failure(error, query.budget.timeMs), prints: [...prints] };
      }
    },
  };
}

function failure(
  error: unknown,
  timeMs: number,
): { kind: 'error'; text: string; overBudget: boolean } {
  const kind = 'error';
  // The error comes from the context the time limit runs in, so it is no instance of our Error.
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
    return { kind, text: `evaluation took longer than ${String(timeMs)} ms`, overBudget: true };
  const text = thrownText(error);
  // Out of the module's memory: the allocator's words, or V8's when it cannot grow.
  const overBudget = /opa_malloc|memory|Maximum call stack/i.test(text);
  return { kind, text, overBudget };
}

/** The library throws strings and bare objects with a message, too. */
function thrownText(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error)
    return String(error.message);
  return messageOf(error);
}

/** The library takes well-formed JSON as bytes: numbers keep every digit that way. */
function jsonBytes(value: Json): ArrayBuffer {
  const bytes = new TextEncoder().encode(stringifyJson(value));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

/** `[{"result": value}]`, or an empty list for undefined. */
function resultOf(answer: unknown): Json | undefined {
  const [first] = answer as readonly { readonly result: Json }[];
  return first?.result;
}

function memberOf(document: Json | undefined, rule: string): Json | undefined {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return undefined;
  const members = document as Readonly<Record<string, Json>>;
  return Object.hasOwn(members, rule) ? members[rule] : undefined;
}

/** `print` compiles to a call with one list of sets, one per argument; undefined is an empty set. */
function builtins(prints: string[]): Builtins {
  return {
    'internal.print': (operands: readonly (readonly Json[])[]) => {
      const words = operands.map(([value]) => {
        if (value === undefined) return '<undefined>';
        return typeof value === 'string' ? value : stringifyJson(value);
      });
      prints.push(words.join(' '));
      return true;
    },
  };
}
