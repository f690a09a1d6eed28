import { writeFileSync } from 'node:fs';
import { DefaultReporter } from 'vitest/node';

const SLOW_MS = 1000;

/**
 * What test.mjs lets vitest print: a line per file; a line as it ends for each test that failed, was skipped (with the
 * reason) or was slow; the failures in full at the end. The counts go to the file named by ELFREEZE_TEST_COUNTS, for the
 * closing line of the whole run.
 */
export default class Reporter extends DefaultReporter {
  counts = { passed: 0, failed: 0, skipped: 0 };

  constructor() {
    super({ summary: false });
  }

  onInit(vitest) {
    this.ctx = vitest;
  }

  onTestCaseResult(test) {
    super.onTestCaseResult(test);
    const { state, note } = test.result();
    this.counts[state] += 1;
    const ms = test.diagnostic()?.duration ?? 0;
    if (state === 'skipped') this.log(`   - ${test.fullName}: skipped: ${note ?? 'no reason given'}`);
    else if (state === 'failed' || ms > SLOW_MS)
      this.log(`   ${state === 'failed' ? '✗' : '✓'} ${test.fullName} ${(ms / 1000).toFixed(1)} s`);
  }

  /** Printed when it ended, see above. */
  printTestCase() {}
  printTestSuite() {}

  onTestRunEnd(modules, unhandledErrors, reason) {
    // A file that could not be loaded, and an error outside of any test, have no test to be counted by.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    this.counts.failed += broken + unhandledErrors.length;
    super.onTestRunEnd(modules, unhandledErrors, reason);
    const file = process.env.ELFREEZE_TEST_COUNTS;
    if (file !== undefined) writeFileSync(file, JSON.stringify(this.counts));
  }

  /** test.mjs prints one closing line for all projects. */
  reportTestSummary() {}
}
