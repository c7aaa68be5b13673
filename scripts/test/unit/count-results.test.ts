import { describe, expect, it } from 'vitest';
import { createFolder, repository } from '../support/tree.ts';

async function count(check: string, tests: string, report: string): Promise<[string, number | null]> {
  using folder = createFolder();
  folder.write('report.json', report);
  const script = `${repository}/scripts/count-results.mjs`;
  const { stdout, code } = await folder.run(`node '${script}' ${check} ${tests} report.json`);
  return [stdout, code];
}

const reportOf = (numPassedTests: number, numFailedTests: number): string =>
  JSON.stringify({ numPassedTests, numFailedTests });

describe('the last line of CI', () => {
  it('counts the check as one beside the tests', async () => {
    expect(await count('passed', 'passed', reportOf(7, 0))).toEqual(['8 passed, 0 failed\n', 0]);
  });

  it('counts a failed check', async () => {
    expect(await count('failed', 'passed', reportOf(7, 0))).toEqual(['7 passed, 1 failed\n', 1]);
  });

  it('counts failed tests once each', async () => {
    expect(await count('passed', 'failed', reportOf(5, 2))).toEqual(['6 passed, 2 failed\n', 1]);
  });

  it('counts a run that failed outside of its tests as one failure', async () => {
    expect(await count('passed', 'failed', reportOf(7, 0))).toEqual(['8 passed, 1 failed\n', 1]);
  });

  it('counts a run that crashed before its report as one failure', async () => {
    expect(await count('passed', 'failed', '{"numPassed')).toEqual(['1 passed, 1 failed\n', 1]);
  });

  it('counts a run without any test as one failure', async () => {
    expect(await count('passed', 'passed', reportOf(0, 0))).toEqual(['1 passed, 1 failed\n', 1]);
  });
});
