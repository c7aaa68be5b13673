// Owns: making the home of a new node: keys, validator card, configuration. Does not own: starting it.
import { access } from 'node:fs/promises';
import {
  ADDRESSES_MAX,
  ConsiliumError,
  cardToJson,
  signValidatorCard,
  type ValidatorCard,
} from '@consilium/core';
import type { KeySeal } from '@consilium/sealing';
import { renderConfig } from '../config/render.ts';
import { SETTINGS, type SettingValues } from '../config/settings.ts';
import { isDialable, isNamed, multiaddrOf, parseTcpAddress, type TcpAddress } from '../config/tcp-address.ts';
import { createFile, PUBLIC_FILE_MODE } from '../files/atomic-file.ts';
import { type HomePaths, homePaths, makeHomeFolders } from '../files/home.ts';
import {
  createNodeKeys,
  type KeyRole,
  type NodeKeys,
  type NodeSecrets,
  secretOfSeed,
} from '../keys/key-file.ts';
import { makeOperatorToken } from '../keys/operator-token.ts';
import { writeKeyFile } from '../keys/store.ts';
import type { Random } from '../ports.ts';

export interface InitOptions {
  readonly home: string;
  /** Of the institution. */
  readonly name: string;
  /**
   * Where the others reach this node: multiaddr or HOST:PORT. The node listens there; for a name, on every address of
   * this machine.
   */
  readonly listen: readonly string[];
  /** For the card instead of `listen`, when the others reach it elsewhere (NAT). `listen` may then be 0.0.0.0. */
  readonly announce?: readonly string[];
  /** Further lines of the configuration. */
  readonly settings?: Partial<SettingValues>;
  /** The key files are put under this passphrase. */
  readonly seal?: KeySeal;
  /** Keys that come from a public seed. Without them the keys are new and secret. */
  readonly developmentKeys?: NodeSecrets;
}

export interface NewHome {
  readonly paths: HomePaths;
  readonly card: ValidatorCard;
}

/**
 * Throws `USAGE_INVALID` {option}, `FILE_EXISTS` {file} when there is a home already, `DISK_FULL`, `DISK_FAILED`. The
 * configuration is written last: a home that was not finished has none and does not start.
 */
export async function initHome(options: InitOptions, random: Random): Promise<NewHome> {
  const { name, listen, announced } = checkedOptions(options);
  const paths = homePaths(options.home);
  await refuseExisting(paths);
  const keys = createNodeKeys(name, secretsOf(options, random), options.developmentKeys !== undefined);
  const card = cardOf(keys, announced);
  await makeHomeFolders(paths);
  // A home of public keys is a function of its seed; its token is not, and is made at the first start.
  if (options.developmentKeys === undefined) await makeOperatorToken(paths.operatorToken, random);
  await writeKeyFile(paths.accountKey, keys.account, options.seal);
  await writeKeyFile(paths.validatorKey, keys.validator, options.seal);
  await writeKeyFile(paths.networkKey, keys.network, options.seal);
  await writeKeyFile(paths.custodyKey, keys.custody, options.seal);
  await createFile(paths.unsigned, 'These keys have signed nothing yet.\n', PUBLIC_FILE_MODE);
  await createFile(paths.validatorCard, cardToJson(card), PUBLIC_FILE_MODE);
  const config = renderConfig({ ...options.settings, name, 'p2p.listen': listen });
  await createFile(paths.config, config, PUBLIC_FILE_MODE);
  return { paths, card };
}

function secretsOf({ developmentKeys }: InitOptions, random: Random): NodeSecrets {
  const fresh = (role: KeyRole) => secretOfSeed(role, random.bytes(32));
  return (
    developmentKeys ?? {
      account: fresh('institution'),
      validator: fresh('validator'),
      network: fresh('network'),
      custody: fresh('custody'),
    }
  );
}

export function cardOf(keys: NodeKeys, addresses: readonly string[]): ValidatorCard {
  const { account, validator, network, custody } = keys;
  const content = {
    name: account.name,
    accountKey: account.secret.publicKey,
    validatorKey: validator.secret.publicKey,
    networkKey: network.secret.publicKey,
    custodyKey: custody.secret.publicKey,
    addresses,
    development: [account, validator, network, custody].some((key) => key.development),
  };
  return signValidatorCard(content, account.secret, validator.secret);
}

async function refuseExisting(paths: HomePaths): Promise<void> {
  const { config, accountKey, validatorKey, networkKey, custodyKey, validatorCard } = paths;
  const made = [config, accountKey, validatorKey, networkKey, custodyKey, validatorCard];
  for (const file of made) {
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (exists) throw new ConsiliumError('FILE_EXISTS', { file });
  }
}

interface Checked {
  readonly name: string;
  readonly listen: readonly string[];
  readonly announced: readonly string[];
}

function checkedOptions({ name, listen, announce }: InitOptions): Checked {
  if (SETTINGS.name.type.fromToml(name) === undefined) {
    throw misused('--org', `must be ${SETTINGS.name.type.expected}`);
  }
  const own = addressesOf('--listen', listen);
  const announced = announce === undefined ? own : addressesOf('--announce', announce);
  if (!announced.every(isDialable)) {
    const option = announce === undefined ? '--listen' : '--announce';
    throw misused(option, 'must be an address that the other hospitals can dial, with its port');
  }
  return {
    name,
    listen: [...new Set(own.map((address) => multiaddrOf(isNamed(address) ? everywhere(address) : address)))],
    announced: [...new Set(announced.map(multiaddrOf))],
  };
}

function addressesOf(option: string, texts: readonly string[]): readonly TcpAddress[] {
  if (texts.length === 0 || texts.length > ADDRESSES_MAX) {
    throw misused(option, `must be given once, and at most ${ADDRESSES_MAX} times`);
  }
  return texts.map((text) => {
    const address = parseTcpAddress(text);
    if (address === undefined) {
      throw misused(option, 'must be such as 10.1.2.3:4100 or /dns4/node.hospital.example/tcp/4100');
    }
    return address;
  });
}

function everywhere({ port }: TcpAddress): TcpAddress {
  return { kind: 'ip4', host: '0.0.0.0', port };
}

function misused(option: string, rule: string): ConsiliumError {
  return new ConsiliumError('USAGE_INVALID', { option }, `${option} ${rule}`);
}
