import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const LAB = 'lab/**/*.lab.test.ts';
const PROPERTY = 'property-tests/**/*.property.test.ts';

/** Three projects: `unit` is pure and quick, `lab` freezes processes, `property` searches. */
export default defineConfig({
  test: {
    passWithNoTests: true,
    retry: 0,
    // ptrace belongs to a thread, and a stuck test can only be ended with its process.
    pool: 'forks',
    setupFiles: ['lab/inherited/setup.ts'],
    exclude: ['node_modules/**', 'dist/**', '.cache/**'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'lab/**/*.test.ts', 'property-tests/**/*.test.ts'],
          exclude: ['dist/**', LAB, PROPERTY],
          // Against waiting for ever: on a machine at work a hundred made-up inputs take longer than ten seconds.
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'lab',
          include: [LAB],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxConcurrency: availableParallelism(),
          // A page draws a little after it was clicked.
          expect: { poll: { timeout: 30_000 } },
        },
      },
      {
        extends: true,
        // What they guard against is waiting for ever: --runs asks for hours, and a guest boots when it can.
        test: {
          name: 'property',
          include: [PROPERTY],
          testTimeout: 300_000 + 10_000 * Number(process.env.ELFREEZE_RUNS ?? 0),
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
