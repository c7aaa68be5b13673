// Owns: looking at the small files of a home: configuration, genesis, keys, card, write-ahead log, signing record. Does not
// own: the store and the vault.
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { cardFromJson, type Genesis, genesisHash, type Hex32 } from '@consilium/core';
import type { KeyFileHead } from '@consilium/sealing';
import { loadConfig } from '../config/load.ts';
import { verifySodium } from '../crypto/ed25519-sodium.ts';
import { sha256Native } from '../crypto/sha256-native.ts';
import { readSmallFile } from '../files/atomic-file.ts';
import { errnoOf } from '../files/errors.ts';
import type { HomePaths } from '../files/home.ts';
import type { KeyRole } from '../keys/key-file.ts';
import { readKeyHead } from '../keys/store.ts';
import { CARD_FILE_BYTES_MAX } from '../limits.ts';
import { SIGNING_RECORD_FILE, WAL_FILE } from '../replica/open.ts';
import { readGenesis } from '../setup/genesis.ts';
import { slotsOf } from '../signing/record-file.ts';
import { readLog } from '../wal/read.ts';
import { examined, type Findings } from './findings.ts';

export interface OwnFiles {
  readonly genesis: Genesis | undefined;
  /** Heights of the write-ahead log, where it has one. */
  readonly logHeight: number | undefined;
}

export async function examineOwnFiles(paths: HomePaths, findings: Findings): Promise<OwnFiles> {
  const fileOf = (path: string): string => relative(paths.home, path);
  await examined(findings, { part: 'config', file: fileOf(paths.config) }, () =>
    loadConfig(paths.config, {}, {}),
  );
  const genesis = await examined(findings, { part: 'genesis', file: fileOf(paths.genesis) }, () =>
    readGenesis(paths.genesis, verifySodium),
  );
  const account = await examineKeys(paths, findings);
  await examined(findings, { part: 'card', file: fileOf(paths.validatorCard) }, () => readCard(paths));
  if (genesis === undefined) return { genesis, logHeight: undefined };
  const hash = genesisHash(genesis);
  if (account !== undefined) await examineRecord(paths, findings, { genesis: hash, validator: account });
  return { genesis, logHeight: await examineLog(paths, findings, hash) };
}

/** The institution that the keys are of, where they say so with one voice. */
async function examineKeys(paths: HomePaths, findings: Findings): Promise<Hex32 | undefined> {
  const files: readonly (readonly [string, KeyRole])[] = [
    [paths.accountKey, 'institution'],
    [paths.validatorKey, 'validator'],
    [paths.networkKey, 'network'],
    [paths.custodyKey, 'custody'],
  ];
  const keys = new Map<string, KeyFileHead>();
  for (const [path, role] of files) {
    const file = relative(paths.home, path);
    const key = await examined(findings, { part: 'keys', file }, () => readKeyHead(path, role));
    if (key !== undefined) keys.set(file, key);
  }
  const accounts = [...keys.values()].map(({ account }) => account);
  const common =
    accounts.find((each) => accounts.filter((other) => other === each).length > 1) ?? accounts[0];
  for (const [file, { account }] of keys) {
    if (account !== common) findings.add({ part: 'keys', file, problem: 'of another institution' });
  }
  return common;
}

async function readCard({ validatorCard }: HomePaths): Promise<void> {
  const { bytes } = await readSmallFile(validatorCard, CARD_FILE_BYTES_MAX);
  cardFromJson(new TextDecoder().decode(bytes), verifySodium);
}

async function examineLog(paths: HomePaths, findings: Findings, genesis: Hex32): Promise<number | undefined> {
  const path = join(paths.state, WAL_FILE);
  const bytes = await contentOf(path);
  if (bytes === undefined) return undefined;
  const { status, height } = readLog(sha256Native, genesis, bytes);
  // A torn end is what a power cut leaves: the next start cuts it off.
  if (status === 'damaged') {
    const place = height === null ? {} : { height };
    const file = relative(paths.home, path);
    findings.add({ part: 'log', file, problem: 'altered before its end', code: 'WAL_DAMAGED', ...place });
  }
  return height ?? undefined;
}

/** Slots are written in turn: one that does not verify was torn by a power cut, or altered. Nobody can tell which. */
async function examineRecord(
  paths: HomePaths,
  findings: Findings,
  owner: { readonly genesis: Hex32; readonly validator: Hex32 },
): Promise<void> {
  const path = join(paths.state, SIGNING_RECORD_FILE);
  const bytes = await contentOf(path);
  if (bytes === undefined) return;
  const bad = slotsOf(bytes, owner).filter((slot) => slot === undefined).length;
  if (bad === 0) return;
  const problem = bad === 1 ? 'one of its two slots does not verify' : 'neither slot verifies';
  findings.add({ part: 'signing-record', file: relative(paths.home, path), problem });
}

async function contentOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
