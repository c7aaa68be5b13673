import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createFolder } from '../../../../scripts/test/support/tree.ts';
import { freeBasePort } from '../../src/index.ts';
import { ended, pressCtrlC, printed, processesOf, shell, start } from '../support/command.ts';

const STOP_MS = 10_000;

it('`npm run devnet` stays in the foreground, passes its flags on, and Ctrl-C ends every node within 10 s', async () => {
  using folder = createFolder();
  const dir = join(folder.root, 'run');
  const basePort = String(await freeBasePort());
  const words = ['run', 'devnet', '--', '--dir', dir, '--base-port', basePort, '--nodes', '2'];
  const npm = start('npm', words, { group: true });
  const text = await printed(npm, 'Ctrl-C stops it.');
  expect(text).toContain(`http://127.0.0.1:${basePort}`);
  expect(text).toContain('2 hospitals');
  expect(text.match(/^ {2}npx consilium /gm)).toHaveLength(3);
  const begun = performance.now();
  pressCtrlC(npm);
  await ended(npm);
  expect(performance.now() - begun).toBeLessThan(STOP_MS);
  expect(processesOf(dir)).toEqual([]);
});

it('`npm start` ends with three commands that work as they are printed, and Ctrl-C leaves nothing', async () => {
  using folder = createFolder();
  const dir = join(folder.root, 'story');
  const npm = start('npm', ['start', '--', '--dir', dir], { group: true });
  const text = await printed(npm, 'access verify');
  const commands = text.match(/(?<=^ {2})npx consilium .*$/gm) ?? [];
  expect(commands).toHaveLength(3);
  for (const command of commands) expect(await shell(command)).toMatchObject({ code: 0 });
  pressCtrlC(npm);
  await ended(npm);
  expect(processesOf(dir)).toEqual([]);
});
