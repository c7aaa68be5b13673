// Owns: what can be wrong with the files of a home: parts, rights, keys, configuration, genesis, store, signing record.

import { existsSync } from 'node:fs';
import { basename, relative } from 'node:path';
import {
  ConsiliumError,
  DEVELOPMENT_CHAIN_PREFIX,
  genesisHash,
  type Institution,
  PROTOCOL_VERSION_MAX,
} from '@consilium/core';
import { type Finding, finding } from './findings.ts';
import type { Patient, PublicKeyFile, StoreFacts } from './patient.ts';

export function checkParts({ paths, signerSocket }: Patient): Finding[] {
  const { accountKey, validatorKey, networkKey, custodyKey, state } = paths;
  // A signer apart holds this one.
  const own = signerSocket === undefined ? [validatorKey] : [];
  const missing = [accountKey, ...own, networkKey, custodyKey, state].filter((file) => !existsSync(file));
  return missing.map((file) => {
    const part = relative(paths.home, file);
    return finding('HOME_PART_MISSING', { file, part }, part);
  });
}

export function checkRights({ paths, modes }: Patient): Finding[] {
  return modes
    .filter(({ mode }) => (mode & 0o077) !== 0)
    .map(({ file, mode }) =>
      finding(
        'HOME_OPEN_TO_OTHERS',
        { file },
        `${relative(paths.home, file) || '.'} has mode ${mode.toString(8)}`,
      ),
    );
}

export function checkConfig({ paths, mistakes }: Patient): Finding[] {
  return mistakes.map((mistake) =>
    finding('CONFIG_WRONG', { home: paths.home }, `${mistake.code}, ${mistake.message}`),
  );
}

export function checkKeys({ paths, keys, account, genesis }: Patient): Finding[] {
  const isReal =
    !(genesis instanceof ConsiliumError) && !genesis.chainId.startsWith(DEVELOPMENT_CHAIN_PREFIX);
  return keys.flatMap((key) => {
    const { file } = key;
    const part = relative(paths.home, file);
    if ('error' in key) return [finding('KEY_INVALID', { file, part }, `${part}, ${key.error.code}`)];
    if (key.account !== account)
      return [finding('KEY_INVALID', { file, part }, `${part} is of another institution`)];
    return key.development && isReal ? [finding('DEVELOPMENT_KEYS', {}, part)] : [];
  });
}

export function checkGenesis({ paths, genesis, store }: Patient): Finding[] {
  const { home } = paths;
  if (genesis instanceof ConsiliumError)
    return genesis.code === 'FILE_MISSING'
      ? [finding('GENESIS_MISSING', { home })]
      : [finding('GENESIS_DAMAGED', { home }, genesis.code)];
  const chain = factsOf(store)?.genesis;
  return chain === undefined || chain === genesisHash(genesis) ? [] : [finding('GENESIS_OTHER', { home })];
}

export function checkStore({ paths, store, holdsChain }: Patient): Finding[] {
  const { home, data } = paths;
  if (store instanceof ConsiliumError)
    return [
      store.code === 'STORE_FORMAT'
        ? finding('STORE_OF_OTHER_VERSION', {}, `found ${store.data['found']}, known ${store.data['known']}`)
        : finding('STORE_BROKEN', { home }, store.code),
    ];
  if (store === 'missing') return holdsChain ? [finding('STORE_LOST', { data })] : [];
  if (store === 'in-use') return [];
  if (store.height === undefined) return holdsChain ? [finding('STORE_LOST', { data })] : [];
  const { version, height } = store.upgrade;
  return [
    ...(holdsChain ? [] : [finding('CHAIN_MARKER_LOST', { home })]),
    ...(version > PROTOCOL_VERSION_MAX
      ? [
          finding(
            'VERSION_TOO_OLD',
            {},
            `${version} from height ${height} on, this has ${PROTOCOL_VERSION_MAX}`,
          ),
        ]
      : []),
  ];
}

export function checkRecord({ paths, record, genesis, holdsChain, signerSocket }: Patient): Finding[] {
  if (signerSocket !== undefined)
    return existsSync(signerSocket) ? [] : [finding('SIGNER_AWAY', {}, signerSocket)];
  const { home } = paths;
  // Without a genesis nothing was ever signed here.
  if (genesis instanceof ConsiliumError && !holdsChain) return [];
  if (record === 'missing') return [finding('SIGNING_RECORD_MISSING', { home })];
  const isDoubted = record === 'damaged' || record === 'imported';
  return isDoubted ? [finding('SIGNING_RECORD_DOUBTED', { home }, record)] : [];
}

/** The keys of the home against the ledger's, or, before there is one, the genesis'. */
export function checkCard(patient: Patient): Finding[] {
  const { account, keys } = patient;
  if (account === undefined) return [];
  const known = knownKeys(patient, account);
  if (known === undefined) return [];
  if (known === 'nobody') return [finding('NOT_A_MEMBER')];
  const pairs = [
    ['validator', known.validatorKey],
    ['network', known.networkKey],
    ['custody', known.custodyKey],
  ] as const;
  return pairs.flatMap(([role, publicKey]) => {
    const own = keys.find((key): key is PublicKeyFile => 'role' in key && key.role === role);
    if (own === undefined || own.publicKey === publicKey) return [];
    return [finding('CARD_DIFFERS', { file: own.file }, basename(own.file))];
  });
}

type KnownKeys = Pick<Institution, 'validatorKey' | 'networkKey' | 'custodyKey'>;

function knownKeys({ genesis, store, members }: Patient, account: string): KnownKeys | 'nobody' | undefined {
  const facts = factsOf(store);
  if (facts?.height !== undefined) {
    const row = facts.institutions.get(account);
    return row?.status === 'active' ? row : 'nobody';
  }
  // A store in use is its process's to read: it may know of an admission since.
  if (genesis instanceof ConsiliumError || store === 'in-use') return undefined;
  const index = members.findIndex(({ id }) => id === account);
  return genesis.validators[index] ?? 'nobody';
}

function factsOf(store: Patient['store']): StoreFacts | undefined {
  return typeof store === 'object' && !(store instanceof ConsiliumError) ? store : undefined;
}
