// Owns: what lies where in the folder of one node. Does not own: making, checking or reading any of it.
import { join, resolve } from 'node:path';

export interface HomePaths {
  readonly home: string;
  /** Every setting, with comments. */
  readonly config: string;
  /** Folder of the four key files and the operator's token. The only secrets; never part of a copy that leaves the machine unprotected. */
  readonly keys: string;
  readonly accountKey: string;
  readonly validatorKey: string;
  readonly networkKey: string;
  readonly custodyKey: string;
  /** The keys of a rotation that is under way, beside the ones in use; and their card. */
  readonly nextKeys: Readonly<Record<'validator' | 'network' | 'custody', string>>;
  readonly nextCard: string;
  /** What admits the operator of this node to its API. */
  readonly operatorToken: string;
  /** Hashes of the other tokens and of client certificates, with their roles. */
  readonly access: string;
  /** LevelDB: chain and ledger state. */
  readonly data: string;
  /** Write-ahead log and signing record. Never restored from a backup. */
  readonly state: string;
  /** Blobs of ciphertext that this node keeps for patients; their index stands in the store. */
  readonly vault: string;
  /** Snapshots of the state for newcomers; can be deleted at any time. */
  readonly snapshots: string;
  /** Made with new keys, gone with the first start: only such a home may begin with an empty signing record. */
  readonly unsigned: string;
  /** Made once the store holds a chain: from then on an empty store is a loss, and no beginning. */
  readonly holdsChain: string;
  readonly genesis: string;
  /** Cards of hospitals that a newcomer may ask while its ledger knows none that is left. */
  readonly introductions: string;
  /** The card to hand out. */
  readonly validatorCard: string;
  /** The process that uses the home, for people to read. It guards nothing. */
  readonly pid: string;
}

export function homePaths(folder: string): HomePaths {
  const home = resolve(folder);
  const keys = join(home, 'keys');
  return {
    home,
    config: join(home, 'config.toml'),
    keys,
    accountKey: join(keys, 'account.json'),
    validatorKey: join(keys, 'validator.json'),
    networkKey: join(keys, 'network.json'),
    custodyKey: join(keys, 'custody.json'),
    nextKeys: {
      validator: join(keys, 'next', 'validator.json'),
      network: join(keys, 'next', 'network.json'),
      custody: join(keys, 'next', 'custody.json'),
    },
    nextCard: join(home, 'validator-next.json'),
    operatorToken: join(keys, 'operator.token'),
    access: join(keys, 'tokens.json'),
    data: join(home, 'data'),
    state: join(home, 'state'),
    vault: join(home, 'vault'),
    snapshots: join(home, 'snapshots'),
    unsigned: join(home, 'state', 'never-signed'),
    holdsChain: join(home, 'state', 'holds-chain'),
    genesis: join(home, 'genesis.json'),
    introductions: join(home, 'introductions'),
    validatorCard: join(home, 'validator.json'),
    pid: join(home, 'pid'),
  };
}
