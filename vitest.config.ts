import { defineConfig } from 'vitest/config';

// The `source` condition makes room doors resolve to TypeScript, so tests need no build.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'], externalConditions: ['source', 'node'] } },
  test: {
    globalSetup: ['testbed/build-bundle.ts'],
    include: ['src/**/*.test.ts', 'testbed/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**'],
    // Waiting is for events; this bound only turns a hang into a failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
