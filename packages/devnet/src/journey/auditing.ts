// Owns: steps 8 and 10: the patient reads the whole history with the own key, and takes the log of who looked along, which
// verifies with nothing but the genesis.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsiliumError, exportAccessLog, isConsiliumError, readOwn, verifyAccessLog } from '@consilium/sdk';
import type { Patient, Story } from './types.ts';

/** Returns how many records opened. Throws when one that should does not, or the order is not that of the dates. */
export async function readHistory(story: Story, { wallet, at }: Patient): Promise<number> {
  const institutions = new Set<string>();
  let opened = 0;
  let closed = 0;
  for await (const { content, fault, institutionName, record } of readOwn(story.client, wallet)) {
    if (record.effects.includes('closed-to-patient')) closed += 1;
    else if (content === null) throw new ConsiliumError(fault ?? 'CUSTODY_PACKAGE_MISSING');
    else opened += 1;
    institutions.add(institutionName);
    if ((opened + closed) % 100 === 0) story.options.onProgress(`history: ${opened + closed} records`);
  }
  if (institutions.size !== Object.keys(at).length)
    throw new ConsiliumError('STORY_BROKEN', { rule: 'the history is of every hospital' });
  const kept = closed === 0 ? '' : `; the law keeps ${closed} closed`;
  story.tell(
    8,
    `the patient opens the whole history of ${[...institutions].join(' and ')}: ${opened} records in order of date${kept}`,
    await story.client.tip(),
  );
  return opened;
}

/** The log as a file: it verifies; with a byte changed or a line dropped it does not. Returns its path. */
export async function exportTheLog(story: Story, { wallet }: Patient): Promise<string> {
  const { devnet, client } = story;
  const log = await exportAccessLog(client, wallet.enrolments);
  const { completeAsOf, entries } = verifyAccessLog(log, devnet.genesis);
  const when = new Date(completeAsOf.time).toISOString();
  story.tell(
    10,
    `the access log has ${entries.length} entries and verifies offline: complete as of height ${completeAsOf.height}, ${when}`,
    completeAsOf,
  );
  mustFail(story, changedByte(log), 'with one byte changed it does not verify', completeAsOf);
  mustFail(story, lineDropped(log), 'with one line dropped it does not verify', completeAsOf);
  const folder = join(devnet.file.dir, 'story');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'access-log.json');
  await writeFile(path, log, { mode: 0o600 });
  return path;
}

function mustFail(
  { devnet, tell }: Story,
  log: string,
  text: string,
  at: { readonly height: number; readonly time: number },
): void {
  try {
    verifyAccessLog(log, devnet.genesis);
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    tell(10, text, at);
    return;
  }
  throw new ConsiliumError('STORY_BROKEN', { rule: text });
}

/** One hex digit in the middle of the file becomes another. */
function changedByte(text: string): string {
  const middle = Math.floor(text.length / 2);
  const place = middle + text.slice(middle).search(/[0-9a-f]{32}/) + 7;
  const digit = text[place] === '0' ? '1' : '0';
  return `${text.slice(0, place)}${digit}${text.slice(place + 1)}`;
}

/** The line that holds the middle of the file is gone. */
function lineDropped(text: string): string {
  const lines = text.split('\n');
  const middle = Math.floor(lines.length / 2);
  return lines.filter((_, at) => at !== middle).join('\n');
}
