// Owns: the life of a signer: the home that holds the validator's key and record, taken by one process, and the socket on
// which one node is served. Does not own: what is signed (signing/), the node.
import { writeFile } from 'node:fs/promises';
import { ConsiliumError, genesisHash, type Hex32 } from '@consilium/core';
import { createSodiumSigner, verifySodium } from '../crypto/ed25519-sodium.ts';
import { createDisk, type LocalDisk } from '../files/disk.ts';
import { checkHomeSecrets, type HomePaths, homePaths, lockHome } from '../files/home.ts';
import { createUnlocker, type PassphraseSource } from '../keys/passphrase.ts';
import { readKeyFile, refuseDevelopment } from '../keys/store.ts';
import { openLog } from '../observe/log.ts';
import type { Report } from '../ports.ts';
import { SIGNING_RECORD_FILE } from '../replica/open.ts';
import { readGenesis } from '../setup/genesis.ts';
import { ensureSigningRecord } from '../setup/new-record.ts';
import { createRememberingSigner } from '../signing/remembering-signer.ts';
import { startSignerServer } from './server.ts';

/** What was signed at the record's height, in `state/`. */
export const SIGNED_HISTORY_FILE = 'signed-history';

export interface SignerOptions {
  readonly home: string;
  readonly socket: string;
  readonly passphrase: PassphraseSource;
  /** Where events go instead of standard output. */
  readonly report?: Report;
}

export interface RunningSigner {
  /** Public key of the validator. */
  readonly publicKey: Hex32;
  readonly socket: string;
  stop(): Promise<void>;
  /** Resolves with the error that ended it by itself: its record could not be written. */
  readonly failed: Promise<ConsiliumError>;
}

/**
 * Throws `HOME_MISSING`, what reading the key throws, `DEVELOPMENT_KEY`, `STORE_LOCKED` while another process uses the home,
 * `LISTEN_FAILED` {socket, errno}.
 */
export async function startSigner(options: SignerOptions): Promise<RunningSigner> {
  const paths = homePaths(options.home);
  await checkHomeSecrets(paths);
  const genesis = await readGenesis(paths.genesis, verifySodium);
  const key = await openKey(paths, options.passphrase);
  refuseDevelopment([key], genesis.chainId);
  const owner = { genesis: genesisHash(genesis), validator: key.account };
  const unlock = await lockHome(paths);
  const log = options.report === undefined ? openLog({ level: 'info' }) : undefined;
  const report = options.report ?? log?.report ?? (() => undefined);
  const disk = createDisk(paths.state);
  const closeFiles = async (): Promise<void> => {
    await disk.close();
    await unlock();
    await log?.close();
  };
  try {
    await writeFile(paths.pid, `${process.pid}\n`);
    await ensureSigningRecord({ paths, disk }, owner);
    const serving = await serve({ disk, report, ...owner, secret: key.secret }, options.socket);
    report({ level: 'info', code: 'signer.started', socket: options.socket, validator: key.account });
    const stop = async (): Promise<void> => {
      await serving.stop();
      await closeFiles();
    };
    return { publicKey: key.secret.publicKey, socket: options.socket, stop, failed: serving.failed };
  } catch (error) {
    await closeFiles();
    throw error;
  }
}

async function openKey(paths: HomePaths, passphrase: PassphraseSource) {
  const { unlock, forget } = createUnlocker(passphrase);
  try {
    return await readKeyFile(paths.validatorKey, 'validator', unlock);
  } finally {
    forget();
  }
}

interface ServeParts {
  readonly disk: LocalDisk;
  readonly report: Report;
  readonly genesis: Hex32;
  readonly validator: Hex32;
  readonly secret: Awaited<ReturnType<typeof openKey>>['secret'];
}

async function serve({ disk, report, genesis, validator, secret }: ServeParts, socket: string) {
  const { promise: failed, resolve: fail } = Promise.withResolvers<ConsiliumError>();
  const signBytes = createSodiumSigner(secret);
  const record = { name: SIGNING_RECORD_FILE, historyName: SIGNED_HISTORY_FILE, genesis, validator };
  const server = await startSignerServer(
    {
      ...{ genesis, validator, publicKey: secret.publicKey, signBytes, report },
      openSigner: () => createRememberingSigner({ disk, report, signBytes }, record),
      fail: (code) => fail(new ConsiliumError(code)),
    },
    socket,
  );
  return { stop: () => server.stop(), failed };
}
