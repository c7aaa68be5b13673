// The files for a machine's init system and for containers: what they promise, and what the tools say of them where they exist.
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SETTING_NAMES } from '../../../packages/node/src/config/settings.ts';
import { createFolder, repository } from '../support/tree.ts';

const read = (file: string): string => readFileSync(join(repository, 'deploy', file), 'utf8');

/** `Key=value` of a unit, comments aside; the last one of a key wins but where it is a list. */
function settingsOf(unit: string): ReadonlyMap<string, string> {
  const lines = unit.split('\n').filter((line) => /^[A-Za-z]+=/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

const isThere = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;

it('The unit file: an own user, a read-only system, no core files, no restart after a wrong configuration; the passphrase comes as a credential', () => {
  const unit = Object.fromEntries(settingsOf(read('consilium.service')));
  expect(unit).toMatchObject({
    User: 'consilium',
    ProtectSystem: 'strict',
    NoNewPrivileges: 'yes',
    LimitCORE: '0',
    Restart: 'on-failure',
    StateDirectoryMode: '0700',
  });
  expect(unit['RestartPreventExitStatus']?.split(' ')).toContain('78');
  // The command gives up stopping in order after 10 s.
  expect(Number(unit['TimeoutStopSec'])).toBeGreaterThan(10);
  expect(Number(unit['LimitNOFILE'])).toBeGreaterThanOrEqual(16_384);
  const dropIn = settingsOf(read('consilium.service.d/passphrase.conf'));
  expect(dropIn.get('LoadCredential')).toMatch(/^passphrase:\/etc\//);
  expect(dropIn.get('Environment')).toMatch(/=%d\/passphrase$/);
});

it('`systemd-analyze` finds nothing wrong with the unit file, and little that it may do', () => {
  const unit = read('consilium.service');
  expect(unit).toContain('ExecStart=consilium node start');
  if (!isThere('systemd-analyze')) return;
  using folder = createFolder();
  // What is not installed here stands in for the command and its user.
  const here = unit
    .replace('ExecStart=consilium', 'ExecStart=/bin/true')
    .replace('User=consilium', 'User=daemon')
    .replace('Group=consilium', 'Group=daemon')
    .replace(/^Documentation=.*\n/m, '');
  const file = join(folder.root, 'consilium.service');
  writeFileSync(file, here);
  mkdirSync(`${file}.d`);
  copyFileSync(
    join(repository, 'deploy/consilium.service.d/passphrase.conf'),
    join(`${file}.d`, 'passphrase.conf'),
  );
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder.root}:` };
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', file], { encoding: 'utf8', env });
  const about = (verified.stdout + verified.stderr).split('\n').filter((line) => /consilium/.test(line));
  expect(about).toEqual([]);
  const exposure = execFileSync('systemd-analyze', ['security', '--offline=true', file], {
    encoding: 'utf8',
    env,
  });
  expect(Number(/exposure level[^:]*: ([\d.]+)/.exec(exposure)?.[1]), exposure).toBeLessThan(2.5);
});

it('The settings that the service files name exist', () => {
  const known = SETTING_NAMES.map((name) => `CONSILIUM_${name.toUpperCase().replaceAll('.', '_')}`);
  const named = read('consilium.service.d/passphrase.conf').match(/CONSILIUM_[A-Z_]+/g) ?? [];
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

it('The Containerfile: a pinned base of the Node that the clone runs on, nothing fetched at the install, no root, alive by /livez', () => {
  const file = read('Containerfile');
  const { devDependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  expect(file).toContain(`ARG NODE_IMAGE=docker.io/library/node:${devDependencies['node']}-`);
  const instructions = file
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ', 1)[0]);
  const known = ['ARG', 'FROM', 'COPY', 'RUN', 'ENV', 'USER', 'WORKDIR', 'VOLUME', 'EXPOSE', 'STOPSIGNAL'];
  expect(
    [...new Set(instructions)].filter(
      (each) => ![...known, 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'].includes(each ?? ''),
    ),
  ).toEqual([]);
  expect(file.match(/^FROM /gm)).toHaveLength(2);
  expect(file).toMatch(/^RUN npm install .*--offline/m);
  expect(Number(/^USER (\d+):/m.exec(file)?.[1])).toBeGreaterThan(0);
  expect(file).toMatch(/^HEALTHCHECK[\s\S]*127\.0\.0\.1:4300\/livez/m);
  expect(file.indexOf('USER ')).toBeLessThan(file.indexOf('ENTRYPOINT '));
});
