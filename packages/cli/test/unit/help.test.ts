import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/main.ts';
import { createDesk } from '../support/desk.ts';
import { silentIo } from '../support/silent-io.ts';

function leavesOf(command: Command, path: readonly string[] = []): (readonly string[])[] {
  const own = command.commands.filter((child) => child.name() !== 'help');
  if (own.length === 0) return [path];
  return own.flatMap((child) => leavesOf(child, [...path, child.name()]));
}

const leaves = leavesOf(await createProgram(silentIo, () => {}));
const nouns = [...new Set(leaves.filter(({ length }) => length === 2).map(([noun]) => [noun ?? '']))];

describe('help', () => {
  test('there are the commands that the documentation names', () => {
    const names = leaves.map((path) => path.join(' '));
    for (const name of [
      'status',
      'version',
      'why',
      'doctor',
      'key new',
      'key show',
      'tx show',
      'block show',
      'validator request',
      'validator list',
      'validator propose',
      'validator approve',
      'validator remove',
      'validator withdraw',
      'patient enrol',
      'patient history',
      'credential issue',
      'credential withdraw',
      'credential list',
      'consent grant',
      'consent revoke',
      'consent list',
      'consent explain',
      'record add',
      'record list',
      'record show',
      'record open',
      'record amend',
      'record retract',
      'access log',
      'access export',
      'access verify',
      'report accounting',
      'report access',
      'report ehds',
      'report copy',
      'report processing',
      'emergency open',
      'emergency sign',
      'emergency list',
      'emergency review',
      'emergency reinstate',
      'emergency notices',
      'anchor add',
      'anchor proof',
      'anchor verify',
      'chaos list-faults',
      'chaos run',
      'chaos swarm',
      'chaos random',
      'chaos heal',
      'chaos replay',
      'chaos shrink',
      'chaos report',
      'chaos selftest',
      'node init',
      'node start',
      'genesis create',
      'genesis show',
    ])
      expect(names).toContain(name);
  });

  test.each(leaves)('%s %s has --json and an example as it is typed from a clone', async (...path) => {
    using desk = createDesk();
    const words = path.filter((word) => word !== undefined);
    const { exitCode, stdout, stderr } = await desk.run(...words, '--help');
    expect(exitCode).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/\n {2}--json /);
    // On a line of its own, or inside an eval.
    expect(stdout).toMatch(new RegExp(`\\n {2}.*npx consilium ${words.join(' ')}`));
  });

  test.each(leaves)('%s %s: the options of its examples exist', async (...path) => {
    using desk = createDesk();
    const words = path.filter((word) => word !== undefined);
    const { stdout } = await desk.run(...words, '--help');
    const [options = '', examples = ''] = stdout.split(/\nExamples?:\n/);
    const own = examples.split('\n').filter((line) => line.includes(`consilium ${words.join(' ')} `));
    for (const flag of own.flatMap((line) => line.match(/ --[a-z-]+/g) ?? []))
      expect(options).toContain(flag.trim());
  });

  test.each(nouns)('%s alone shows its verbs and ends with 64', async (noun) => {
    using desk = createDesk();
    const { exitCode, stderr, stdout } = await desk.run(noun);
    expect(exitCode).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain('npx consilium');
  });

  test('--help of the program names every noun and an example', async () => {
    using desk = createDesk();
    const { exitCode, stdout } = await desk.run('--help');
    expect(exitCode).toBe(0);
    for (const [noun] of nouns) expect(stdout).toContain(`  ${noun}`);
    expect(stdout).toContain('npx consilium status');
  });
});
