// Owns: the operator's pages as what can be run: sections in their order, each with its blocks of shell. Does not own:
// running them (operate-desk.ts).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CLONE: string = fileURLToPath(new URL('../../../../..', import.meta.url));

/** In the order in which they are run. Keys last: after it a process of its own holds the validator's key. */
export const PAGES = [
  'operate.md',
  'operate/node.md',
  'operate/access.md',
  'operate/storage.md',
  'operate/members.md',
  'operate/watching.md',
  'operate/keys.md',
] as const;

export interface Section {
  readonly heading: string;
  /** The text of each block, commands of a clone as those of an installed package. */
  readonly blocks: readonly string[];
}

export async function readSections(): Promise<readonly Section[]> {
  const pages = await Promise.all(PAGES.map((page) => readFile(join(CLONE, 'docs', page), 'utf8')));
  return pages.flatMap((page) => sectionsOf(page.replaceAll('npx consilium', 'consilium')));
}

function sectionsOf(page: string): Section[] {
  const sections: { heading: string; blocks: string[] }[] = [];
  const parts = page.matchAll(/^#{2,4} (?<heading>[^\n]*)$|^(?<indent> *)```sh\n(?<block>.*?)^ *```$/gms);
  for (const { groups = {} } of parts) {
    const { heading, indent = '', block } = groups;
    if (heading !== undefined) sections.push({ heading, blocks: [] });
    else sections.at(-1)?.blocks.push((block ?? '').replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
  }
  return sections;
}
