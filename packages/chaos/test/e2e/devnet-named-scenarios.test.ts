// Named scenarios of the simulator, unchanged, on a devnet of real processes, whose own keys, files and daemons they meet.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runOnDevnet } from '../../src/devnet-world/run.ts';
import type { RunRecord, TimelineEntry } from '../../src/run/verdict.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { ownTemporaryFolder } from '../support/temporary-folder.ts';

const SCENARIOS = new URL('../../../../devnet/scenarios/', import.meta.url);

const folder = ownTemporaryFolder();

describe('On the devnet', () => {
  test('a full disk lets its hospital rest; with room again it goes on in the same process, and nothing that it told is lost.', async () => {
    const run = await play('disk-full');
    expect(run.verdict).toMatchObject({ outcome: 'pass', violations: [], unknown: [] });
    const [filled] = run.timeline.filter(isReport('chaos.disk-full'));
    // Where this machine lets nobody mount one, the daemon's own disk said so.
    expect(['the file system', 'the daemon']).toContain(filled?.facts['by']);
    expect(codesIn(run, 'n3')).toEqual(expect.arrayContaining(['node.disk-full', 'node.disk-recovered']));
    expect(codesIn(run, 'n3').filter((code) => code === 'node.started')).toHaveLength(1);
    // Its folder could not be removed while something was mounted in it.
    expect(readdirSync(folder())).toEqual([]);
  });

  test('a custodian that hands out false shares is named, nobody else is, and records open without it.', async () => {
    const run = await play('false-shares');
    expect(run.verdict).toMatchObject({ outcome: 'pass', violations: [], unknown: [] });
    const { 'liar-named': named = 0, 'opened-beside-a-liar': opened = 0 } = run.verdict.sometimes;
    expect(named).toBeGreaterThan(0);
    expect(opened).toBeGreaterThan(0);
  });

  test('a custodian that releases what the ledger denied opens nothing by it.', async () => {
    const run = await play('release-without-permit');
    expect(run.verdict).toMatchObject({ outcome: 'pass', violations: [], unknown: [] });
    const { 'record-denied': denied = 0, 'released-without-permit': released = 0 } = run.verdict.sometimes;
    expect(denied).toBeGreaterThan(0);
    expect(released).toBeGreaterThan(0);
  });

  test('hospitals are let in and leave while processes die.', async () => {
    const run = await play('set-changes');
    expect(run.verdict).toMatchObject({ outcome: 'pass', violations: [], unknown: [] });
    expect(run.verdict.sometimes['set-changed']).toBeGreaterThan(0);
    // Who was never let in makes the blocks of others its own all the same.
    const nodes = run.timeline.flatMap((entry) => (entry.kind === 'commit' ? [entry.node] : []));
    expect([...new Set(nodes)].toSorted()).toEqual(['g1', 'g2', 'n1', 'n2', 'n3', 'n4']);
  });
});

function play(name: string): Promise<RunRecord> {
  return runOnDevnet(parseScenario(readFileSync(new URL(`${name}.toml`, SCENARIOS), 'utf8')));
}

type Report = Extract<TimelineEntry, { kind: 'report' }>;

function isReport(code: string): (entry: TimelineEntry) => entry is Report {
  return (entry): entry is Report => entry.kind === 'report' && entry.code === code;
}

function codesIn({ logs }: RunRecord, name: string): readonly string[] {
  return (logs[name] ?? []).flatMap((line) => /"code":"([^"]+)"/.exec(line)?.[1] ?? []);
}
