import { defineConfig } from 'vitest/config';

/** The `source` condition makes room doors resolve to TypeScript, so tests need no build. */
const source = {
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source', 'node'] } },
};
/** Waiting is for events; this bound only turns a hang into a failure. */
const timeouts = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          ...timeouts,
          name: 'src',
          include: ['src/**/*.test.ts'],
          pool: 'forks',
          // Files of one worker share the modules they import: loading them costs more than the tests.
          isolate: false,
        },
      },
      {
        ...source,
        test: {
          ...timeouts,
          name: 'testbed',
          globalSetup: ['testbed/build-bundle.ts'],
          include: ['testbed/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'testbed/**/out/**', 'testbed/**/target/**'],
          pool: 'forks',
        },
      },
    ],
  },
});
