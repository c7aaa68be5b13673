import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { launchDevnet } from '../../../packages/devnet/src/index.ts';
import { createFolder, repository, runShell } from '../support/tree.ts';

/** As in a shell that has never seen this clone: the system's Node, no variable of npm or of this test run. */
function cleanEnvironment(): Record<string, string> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const foreign = /^(npm_|VITEST|VITE_|NODE_|TEST|INIT_CWD|CONSILIUM_)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const path = folders.filter((folder) => !folder.includes('node_modules')).join(delimiter);
  return { ...(Object.fromEntries(kept) as Record<string, string>), PATH: path };
}

const CLONES_AND_RUNS_MS = 600_000;

it('From a fresh clone `npm start -- --exit` and `npm test` pass, twice in a row, and while another devnet runs.', {
  timeout: CLONES_AND_RUNS_MS,
}, async () => {
  using folder = createFolder();
  const env = cleanEnvironment();
  await using other = await launchDevnet({ dir: join(folder.root, 'other'), findPorts: true });
  const cloned = await runShell(`git clone --quiet "${repository}" consilium`, folder.root, env);
  expect(cloned.code, cloned.output).toBe(0);
  // This very run is the whole of `npm test`; in the clone it runs the vectors, so that it does not clone itself for ever.
  const commands = ['npm start -- --exit', 'npm test -- --project vectors'];
  // The last goes on with the network of the runs before, in which a founder was voted out.
  for (const command of [...commands, ...commands, 'npm start -- --keep --exit']) {
    const { code, output } = await runShell(command, join(folder.root, 'consilium'), env);
    expect(output, command).toMatch(/with one line dropped it does not verify|Test Files .* passed/);
    expect(code, `${command}\n${output}`).toBe(0);
  }
  expect((await other.standings()).map(({ state }) => state)).toEqual([
    'running',
    'running',
    'running',
    'running',
  ]);
});
