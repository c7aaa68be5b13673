// Owns: a command that starts a Node too old for Consilium: one found on the PATH, else this one saying it is old.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NODE_MAJOR_MIN = 24;

const majorOf = (node: string): number =>
  Number(execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1).split('.')[0]);

const disguise = `data:text/javascript,${encodeURIComponent(
  'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.0.0" } });',
)}`;

/** Program and first arguments. */
export function findOlderNode(): [string, ...string[]] {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const found = candidates.find((path) => existsSync(path) && majorOf(path) < NODE_MAJOR_MIN);
  return found === undefined ? [process.execPath, '--import', disguise] : [found];
}
