// Owns: what is looked at in the dependencies before a change passes: that every version is pinned, every package of the lock
// file has its hash and a licence that is allowed, what is installed is what the lock file says, and, where the registry
// answers, that no production dependency has a known vulnerability of high severity. Does not own: mending any of it.
// Usage: audit.mjs [--offline]; exit code 1 for what must not be, 0 otherwise; that the registry does not answer is said.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Licences under which a hospital may run and pass on the whole. MPL-2.0: files stay under it, and are not changed here. */
const LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
];
const PINNED = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;
const HASH = /^sha512-[A-Za-z0-9+/]{86}==$/;
const SEVERE = ['high', 'critical'];
/** A registry that answers does so within seconds. */
const REGISTRY_MS_MAX = 60_000;

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** @returns {string[]} what must not be, in words */
export function manifestFaults(manifests) {
  return manifests.flatMap(({ path, manifest }) =>
    ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {})
        .filter(([, version]) => !PINNED.test(version))
        .map(([name, version]) => `${path}: ${name} is not pinned to one version (${version})`),
    ),
  );
}

export function isAllowedLicence(licence) {
  if (typeof licence !== 'string') return false;
  const words = licence.replaceAll(/[()]/g, '').split(' OR ');
  return words.some((word) => word.split(' AND ').every((each) => LICENCES.includes(each.trim())));
}

/** Packages of the lock file that come from elsewhere, by the folder that they lie in. */
const foreign = (lock) =>
  Object.entries(lock.packages).filter(
    ([folder, { link }]) => folder.includes('node_modules/') && link !== true,
  );

export function lockFaults(lock) {
  const faults = lock.lockfileVersion === 3 ? [] : [`package-lock.json: version ${lock.lockfileVersion}`];
  for (const [folder, { integrity, resolved, license }] of foreign(lock)) {
    if (!HASH.test(integrity ?? '')) faults.push(`${folder}: no SHA-512 in the lock file`);
    if (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'))
      faults.push(`${folder}: comes from ${resolved}`);
    if (!isAllowedLicence(license)) faults.push(`${folder}: licence ${license ?? 'unknown'}`);
  }
  return faults;
}

/** What lies in node_modules is what the lock file says. */
export function installedFaults(root, lock) {
  return foreign(lock).flatMap(([folder, { version }]) => {
    const path = join(root, folder, 'package.json');
    // Optional ones are of other platforms.
    if (!existsSync(path)) return [];
    const found = readJson(path).version;
    return found === version ? [] : [`${folder}: ${found} is installed, the lock file says ${version}`];
  });
}

/** Of the report of `npm audit --json`: undefined when the registry gave none. */
export function vulnerabilities(report) {
  const found = report?.vulnerabilities;
  if (typeof found !== 'object' || found === null) return undefined;
  return Object.values(found)
    .filter(({ severity }) => SEVERE.includes(severity))
    .map(({ name, severity, range }) => `${name} ${range}: known vulnerability, ${severity}`);
}

function askRegistry(root) {
  const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
    cwd: root,
    encoding: 'utf8',
    timeout: REGISTRY_MS_MAX,
  });
  try {
    return vulnerabilities(JSON.parse(stdout));
  } catch {
    return undefined;
  }
}

function manifestsOf(root) {
  const places = ['.', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name))];
  return places
    .map((place) => join(place, 'package.json'))
    .filter((path) => existsSync(join(root, path)))
    .map((path) => ({ path, manifest: readJson(join(root, path)) }));
}

export function audit(root, ask) {
  const lock = readJson(join(root, 'package-lock.json'));
  const known = ask?.(root);
  const faults = [
    ...manifestFaults(manifestsOf(root)),
    ...lockFaults(lock),
    ...installedFaults(root, lock),
    ...(known ?? []),
  ];
  return { faults, packages: foreign(lock).length, asked: known !== undefined };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(import.meta.dirname, '..');
  const { faults, packages, asked } = audit(
    root,
    process.argv.includes('--offline') ? undefined : askRegistry,
  );
  for (const fault of faults) process.stderr.write(`audit: ${fault}\n`);
  const registry = asked
    ? 'the registry knows of none that is severe'
    : 'the registry did not answer: vulnerabilities were not looked up';
  process.stdout.write(
    `audit: ${packages} packages, ${faults.length} faults; ${faults.length === 0 || !asked ? registry : 'see above'}\n`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}
