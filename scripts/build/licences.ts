// Owns: the licences of everything that is not ours and is in the package, as one text.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const LICENCE_FILE = /^(licen[cs]e|copying|notice)/i;

export function thirdPartyLicences(folders: readonly string[]): string {
  const texts = folders.map(licenceOf).sort((a, b) => (a.title < b.title ? -1 : 1));
  const unique = new Map(texts.map(({ title, text }) => [title, text]));
  return [...unique].map(([title, text]) => `${'='.repeat(80)}\n${title}\n\n${text.trim()}\n`).join('\n');
}

function licenceOf(folder: string): { readonly title: string; readonly text: string } {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const texts = files.map((file) => join(folder, file)).filter((path) => existsSync(path));
  const title = `${name} ${version} (${license})`;
  return { title, text: texts.map((path) => readFileSync(path, 'utf8')).join('\n') || title };
}
