// Owns: `npm run pack`: builds the package and makes its tarball, with the checksum that whoever installs it compares. Does
// not own: what is in it (build/).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { stage } from './build/stage.ts';

const USAGE = 'usage: npm run pack -- [--out FOLDER] [--json]';
const repository = join(import.meta.dirname, '..');

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = parse(args);
  if (options === undefined) return 64;
  const staging = mkdtempSync(join(tmpdir(), 'consilium-pack-'));
  try {
    const { version, folder } = await stage(repository, join(staging, 'consilium'));
    const file = packFolder(folder, options.out);
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    const made = { file, version, bytes: statSync(file).size, sha256 };
    process.stdout.write(options.json ? `${JSON.stringify(made)}\n` : `${file}\nsha256 ${sha256}\n`);
    return 0;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function parse(args: readonly string[]): { readonly out: string; readonly json: boolean } | undefined {
  try {
    const { out, json } = parseArgs({
      args: [...args],
      options: { out: { type: 'string', default: 'dist' }, json: { type: 'boolean', default: false } },
    }).values;
    return { out: resolve(repository, out), json };
  } catch {
    process.stderr.write(`${USAGE}\n`);
    return undefined;
  }
}

function packFolder(folder: string, out: string): string {
  mkdirSync(out, { recursive: true });
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', out];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { readonly filename: string }>);
  if (packed === undefined) throw new Error('npm pack told of no file');
  return join(out, packed.filename);
}
