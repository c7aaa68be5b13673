// Owns: one line `N passed, N failed` out of the check's and the tests' outcomes, and an exit code that agrees.
// Usage: count-results.mjs <check: passed|failed> <tests: passed|failed> <report of vitest's json reporter>
import { readFileSync } from 'node:fs';

const readReport = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
};

/** A run that failed in no test (a crash, a file that did not load), or that ran no test, counts as one failure. */
const count = (check, tests, report) => {
  const passed = report.numPassedTests;
  const failed = report.numFailedTests;
  const silent = failed === 0 && (tests !== 'passed' || passed === 0) ? 1 : 0;
  return check === 'passed' ? [passed + 1, failed + silent] : [passed, failed + silent + 1];
};

const [check, tests, path] = process.argv.slice(2);
const [passed, failed] = count(check, tests, readReport(path));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
