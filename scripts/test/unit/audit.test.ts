import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolder, repository } from '../support/tree.ts';

interface Audit {
  manifestFaults(manifests: readonly { readonly path: string; readonly manifest: object }[]): string[];
  lockFaults(lock: object): string[];
  installedFaults(root: string, lock: object): string[];
  isAllowedLicence(licence: unknown): boolean;
  vulnerabilities(report: unknown): string[] | undefined;
  audit(
    root: string,
    ask?: () => string[] | undefined,
  ): {
    readonly faults: readonly string[];
    readonly asked: boolean;
  };
}

const { manifestFaults, lockFaults, installedFaults, isAllowedLicence, vulnerabilities, audit } =
  (await import(join(repository, 'scripts', 'audit.mjs'))) as Audit;

const HASH = `sha512-${'A'.repeat(86)}==`;
const locked = (more: object) => ({
  lockfileVersion: 3,
  packages: { 'node_modules/a': { version: '1.0.0', integrity: HASH, license: 'MIT', ...more } },
});

describe('the audit of dependencies', () => {
  it('finds nothing in the repository as it is', () => {
    expect(audit(repository)).toMatchObject({ faults: [], asked: false });
  });

  it('is a step of CI', () => {
    expect(readFileSync(join(repository, '.ci', 'run'), 'utf8')).toContain('node scripts/audit.mjs');
  });

  it.each(['^1.0.0', '~1.0.0', '*', 'latest', '>=1', 'git+https://example.org/a.git', 'file:../a'])(
    'finds a version that is not pinned: %s',
    (version) => {
      const manifest = { dependencies: { a: version }, devDependencies: { b: '1.2.3', c: '1.0.0-rc.1' } };
      expect(manifestFaults([{ path: 'package.json', manifest }])).toEqual([
        `package.json: a is not pinned to one version (${version})`,
      ]);
    },
  );

  it('finds a package without its hash, from elsewhere, or under a licence that is not allowed', () => {
    expect(lockFaults(locked({}))).toEqual([]);
    expect(lockFaults(locked({ integrity: undefined }))[0]).toContain('no SHA-512');
    expect(lockFaults(locked({ integrity: 'sha1-abc' }))[0]).toContain('no SHA-512');
    expect(lockFaults(locked({ resolved: 'https://example.org/a.tgz' }))[0]).toContain('comes from');
    expect(lockFaults(locked({ license: 'GPL-3.0-only' }))[0]).toContain('licence GPL-3.0-only');
    expect(lockFaults(locked({ license: undefined }))[0]).toContain('licence unknown');
  });

  it.each<[unknown, boolean]>([
    ['MIT', true],
    ['(MIT OR GPL-3.0-only)', true],
    ['MIT AND GPL-3.0-only', false],
    ['AGPL-3.0-only', false],
    [undefined, false],
  ])('judges the licence %s', (licence, allowed) => {
    expect(isAllowedLicence(licence)).toBe(allowed);
  });

  it('finds what is installed in another version than locked', () => {
    using folder = createFolder();
    folder.write('node_modules/a/package.json', '{"version":"1.0.1"}');
    expect(installedFaults(folder.root, locked({}))).toEqual([
      'node_modules/a: 1.0.1 is installed, the lock file says 1.0.0',
    ]);
  });

  it('fails on a known high vulnerability of a production dependency', () => {
    const report = {
      vulnerabilities: {
        a: { name: 'a', severity: 'high', range: '<2.0.0' },
        b: { name: 'b', severity: 'moderate', range: '*' },
      },
    };
    const known = vulnerabilities(report);
    expect(known).toEqual(['a <2.0.0: known vulnerability, high']);
    expect(audit(repository, () => known)).toMatchObject({ faults: known, asked: true });
  });

  it('does not fail because the registry does not answer, and says so', async () => {
    expect(vulnerabilities({ error: { summary: 'no' } })).toBeUndefined();
    using folder = createFolder();
    const { stdout, code } = await folder.run(`node '${join(repository, 'scripts', 'audit.mjs')}' --offline`);
    expect(code).toBe(0);
    expect(stdout).toContain('the registry did not answer');
  });
});
