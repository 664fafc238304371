/**
 * What a conformance suite is: cases from one source, each of which passes, fails or does not apply.
 * Readers of the several formats make suites; `report.ts` counts what came of them.
 */

export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** The case asks for something katasim leaves out on purpose; the reason says what. */
  | { readonly kind: 'not-applicable'; readonly reason: string };

export const passed: Verdict = { kind: 'passed' };
export const failed = (reason: string): Verdict => ({ kind: 'failed', reason });
export const notApplicable = (reason: string): Verdict => ({ kind: 'not-applicable', reason });

export interface Case {
  /** Row of the table in docs/conformance.md, like `opa v1/arithmetic`. */
  readonly folder: string;
  /** Unique in its suite; what exceptions.yaml refers to. */
  readonly note: string;
  readonly run: () => Verdict;
}

export interface Suite {
  readonly name: string;
  /** Where the cases come from, one line for the report. */
  readonly origin: string;
  readonly cases: readonly Case[];
  /** Why there are none on this machine. */
  readonly absent?: string;
}

export interface Outcome {
  readonly suite: string;
  readonly folder: string;
  readonly note: string;
  readonly verdict: Verdict;
}

/** Runs a suite. Anything thrown is a failure of its case: the engine answers, it does not crash. */
export function runSuite(suite: Suite): Outcome[] {
  return suite.cases.map(({ folder, note, run }) => {
    let verdict: Verdict;
    try {
      verdict = run();
    } catch (error) {
      verdict = failed(
        `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    return { suite: suite.name, folder, note, verdict };
  });
}
