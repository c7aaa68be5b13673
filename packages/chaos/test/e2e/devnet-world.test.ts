// Scenarios on a devnet of real processes: one run serves several expectations, for each takes half a minute.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { slowness } from '../../../node/test/e2e/support/machine.ts';
import { runOnDevnet } from '../../src/devnet-world/run.ts';
import type { RunRecord, TimelineEntry } from '../../src/run/verdict.ts';
import { parseScenario } from '../../src/scenario/parse.ts';
import { ownTemporaryFolder } from '../support/temporary-folder.ts';

const KILLS = `
name = "kill-f-then-one-more"
why = "The network owes commits while f are down, and none while more are."
seed = 11
duration = "14s"
[workload]
kind = "noop"
rate = 20
clients = 6
[[step]]
at = "500ms"
do = "kill"
target = ["n4"]
[[step]]
at_height = 8
do = "kill"
target = ["n3"]
[expect]
stall = true
liveness_within = "30s"
`;

const MIXED = `
name = "links-clocks-and-disks"
why = "Faults of every class one after the other, each undone."
seed = 12
duration = "10s"
[workload]
kind = "consents"
rate = 20
clients = 4
[[step]]
at = "500ms"
do = "one-way"
target = ["n1"]
for = "3s"
[[step]]
at = "4s"
do = "crash-point"
target = ["n2"]
point = "signing-record-synced"
for = "3s"
[[step]]
at = "4s"
do = "clock-jump"
target = ["n3"]
ms = "5s"
for = "2s"
[[step]]
at = "7s"
do = "disk-slow"
target = ["n4"]
for = "2s"
[expect]
liveness_within = "30s"
`;

const folder = ownTemporaryFolder();

describe('On the devnet', () => {
  test('kill f: commits go on. Kill f+1: no commit, and no violation reported. Heal: commits within 10 s, the number reported.', async () => {
    const run = await runOnDevnet(parseScenario(KILLS));
    expect(run.verdict).toMatchObject({ outcome: 'pass', violations: [], unknown: [] });

    const kills = timesOf(run, (entry) => entry.kind === 'fault' && entry.fault === 'kill');
    const [healMs = 0] = timesOf(run, (entry) => entry.kind === 'phase' && entry.phase === 'heal');
    const [first = 0, second = 0] = kills;
    const commits = newHeights(run);
    expect(commits.filter((atMs) => atMs > first + 1_000 && atMs < second).length).toBeGreaterThan(2);
    expect(commits.filter((atMs) => atMs > second + 2_000 && atMs < healMs)).toEqual([]);
    const next = commits.find((atMs) => atMs > healMs) ?? Number.POSITIVE_INFINITY;
    expect(next - healMs).toBeLessThan(10_000 * (await slowness()));
    expect(run.verdict.healedMs).toBeGreaterThan(next - healMs - 1_000);

    expect(run.writes.filter(({ outcome }) => outcome === 'ok').length).toBeGreaterThan(10);
    expect(run.writes.filter(({ outcome }) => outcome === 'lost' || outcome === 'duplicated')).toEqual([]);
    expect(Object.values(run.logs).every((lines) => lines.length > 5)).toBe(true);
    expectNothingLeft();
  });

  test('a one-way cut, a crash at a named point, a clock that jumped and a slow disk: safe, and healed.', async () => {
    const run = await runOnDevnet(parseScenario(MIXED));
    expect(run.verdict).toMatchObject({ outcome: 'pass', violations: [], unknown: [] });
    expect(run.verdict.sometimes).toMatchObject({ 'fault:one-way': 1, 'fault:crash-point': 1 });
    // What n1 sent over the cut was lost, so its connections were reset when it ended.
    const [, undone = 0] = timesOf(
      run,
      (entry) => entry.kind !== 'commit' && 'id' in entry && entry.id === 1,
    );
    const resets = timesOf(
      run,
      (entry) => entry.kind === 'report' && entry.node === 'n1' && entry.code === 'P2P_DISCONNECTED',
    );
    expect(resets.filter((atMs) => atMs >= undone && atMs < undone + 2_000).length).toBeGreaterThan(0);
    // It died, and came up again.
    const starts = run.logs['n2']?.filter((line) => line.includes('"code":"node.started"')) ?? [];
    expect(starts).toHaveLength(2);
  });

  test('a run that is interrupted leaves no process and no file.', async () => {
    const aborter = new AbortController();
    const run = runOnDevnet(parseScenario(KILLS), {
      signal: aborter.signal,
      progress: (line) => {
        if (line.includes('kill on n4')) aborter.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(aborter.signal.aborted).toBe(true);
    expectNothingLeft();
  });
});

function timesOf({ timeline }: RunRecord, isMeant: (entry: TimelineEntry) => boolean): readonly number[] {
  return timeline.filter(isMeant).map(({ atMs }) => atMs);
}

/** When each height was first seen. */
function newHeights({ timeline }: RunRecord): readonly number[] {
  let highest = 0;
  return timeline.flatMap((entry) => {
    if (entry.kind !== 'commit' || entry.height <= highest) return [];
    highest = entry.height;
    return [entry.atMs];
  });
}

function expectNothingLeft(): void {
  expect(readdirSync(folder())).toEqual([]);
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  expect(processes.split('\n').filter((line) => line.includes(folder()))).toEqual([]);
}
