// Runs before npm's scripts. Owns: locked dependencies are in place, and the Node that runs next is new enough.
// Does not own: what those scripts do. Plain JavaScript without dependencies, since it runs before there are any,
// on whatever Node a fresh machine has. Prints on stderr alone: stdout belongs to the script that follows.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
/** What an install takes on disk, Node 24 included; measured with `du -sm node_modules`. */
const INSTALL_MB = 430;
const LOCK_POLL_MS = 200;
/** No install takes this long: whoever holds the lock since then is gone, and its process id was given to another. */
const LOCK_AGE_MS_MAX = 30 * 60_000;

const root = join(dirname(realpathSync(fileURLToPath(import.meta.url))), '..');
const lockPath = join(root, '.install-lock');

const say = (line) => process.stderr.write(`${line}\n`);

const readJson = (path) => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};

const isOurs = (allowed, value) =>
  !allowed ||
  ((allowed.includes(value) || allowed.every((a) => a[0] === '!')) && !allowed.includes(`!${value}`));

/** The locked packages that belong on this machine, workspaces included, `[path, entry]` each. */
const wantedPackages = (lock) =>
  Object.entries(lock.packages).filter(
    ([path, entry]) => path !== '' && isOurs(entry.os, process.platform) && isOurs(entry.cpu, process.arch),
  );

/** What makes a reinstall necessary when it differs. Our own packages are links: their code is always the present one. */
const fingerprint = (path, { version, integrity, bin }) =>
  JSON.stringify(path.startsWith('packages/') ? [bin] : [version, integrity, bin]);

/** npm writes node_modules/.package-lock.json last, so an install that was cut short counts as missing. */
const isInstalled = (wanted) => {
  const installed = readJson(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  return wanted.every(([path, entry]) => {
    const found = installed.packages[path];
    if (!found) return entry.optional === true;
    return fingerprint(path, found) === fingerprint(path, entry);
  });
};

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

const isStaleLock = () => {
  try {
    const pid = Number(readFileSync(join(lockPath, 'pid'), 'utf8'));
    return !isAlive(pid) || Date.now() - statSync(lockPath).mtimeMs > LOCK_AGE_MS_MAX;
  } catch {
    return false;
  }
};

/** A folder that already holds the pid is renamed into place: a rename onto a folder that is not empty fails. */
const tryLock = () => {
  const mine = mkdtempSync(`${lockPath}-`);
  writeFileSync(join(mine, 'pid'), String(process.pid));
  try {
    renameSync(mine, lockPath);
    return true;
  } catch {
    rmSync(mine, { recursive: true, force: true });
    return false;
  }
};

const removeStaleLock = () => {
  const aside = mkdtempSync(`${lockPath}-`);
  try {
    renameSync(lockPath, aside);
  } catch {
    // Another waiting command was quicker.
  }
  rmSync(aside, { recursive: true, force: true });
};

const takeLock = () => {
  let told = false;
  while (!tryLock()) {
    if (isStaleLock()) {
      removeStaleLock();
      continue;
    }
    if (!told) say('Another command is installing the dependencies; waiting for it.');
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
};

const isInsideInstall = (path) => path.startsWith(join(root, 'node_modules'));

/** The install replaces node_modules, so nothing inside it may run the install. */
const outerPath = () =>
  (process.env.PATH || '').split(delimiter).filter((folder) => folder && !isInsideInstall(folder));

const outerNode = () => {
  const found = outerPath().map((folder) => join(folder, 'node'));
  return found.find((path) => existsSync(path)) || process.execPath;
};

/** What the outer npm call was told (--silent, --json, --workspace) is not meant for the install. */
const installEnv = () => {
  const env = { ...process.env, PATH: outerPath().join(delimiter) };
  for (const name of ['loglevel', 'json', 'workspace', 'workspaces', 'omit', 'dry_run'])
    delete env[`npm_config_${name}`];
  return env;
};

const runNpmCi = () => {
  const args = ['ci', '--include=dev', '--loglevel=error', '--no-progress', '--no-audit', '--no-fund'];
  const options = { cwd: root, env: installEnv(), stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' };
  const npmCli = process.env.npm_execpath || '';
  return npmCli.endsWith('npm-cli.js')
    ? spawnSync(outerNode(), [npmCli, ...args], options)
    : spawnSync('npm', args, options);
};

const install = (wanted) => {
  say(
    `Installing ${wanted.filter(([, entry]) => entry.integrity).length} locked packages, about ${INSTALL_MB} MB on disk; this happens once.`,
  );
  const result = runNpmCi();
  if (result.status === 0) return true;
  say(`${result.stdout || ''}${result.stderr || ''}${result.error ? result.error.message : ''}`.trim());
  say('The install failed: check that `npm ping` reaches the registry, then run the same command again.');
  return false;
};

const ensureInstalled = () => {
  const lock = readJson(join(root, 'package-lock.json'));
  if (!lock) {
    say('package-lock.json is missing or damaged: restore it with `git checkout package-lock.json`.');
    return false;
  }
  const wanted = wantedPackages(lock);
  if (isInstalled(wanted)) return true;
  takeLock();
  try {
    return isInstalled(wanted) || install(wanted);
  } finally {
    rmSync(lockPath, { recursive: true, force: true });
  }
};

/** The version that npm's scripts run on: they find node_modules/.bin first, then what runs this. */
const nextNodeVersion = () => {
  const local = join(root, 'node_modules', '.bin', 'node');
  if (!existsSync(local)) return process.versions.node;
  return (spawnSync(local, ['--version'], { encoding: 'utf8' }).stdout || '').trim().slice(1);
};

const ensureNode = () => {
  const version = nextNodeVersion();
  if (Number(version.split('.')[0]) >= NODE_MAJOR_MIN) return true;
  say(
    `Consilium needs Node ${NODE_MAJOR_MIN} and finds ${version || 'one that does not start'}: ` +
      `run \`npm rebuild node\`, which brings it, or install Node ${NODE_MAJOR_MIN} yourself.`,
  );
  return false;
};

if (!ensureInstalled() || !ensureNode()) process.exitCode = 1;
