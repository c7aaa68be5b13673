// Owns: every setting of the daemon: its name, type, default and what is said about it in the file. The name gives the
// flag and the environment variable. Does not own: reading (layers.ts), and what the network decides (genesis).
import { NAME_LENGTH_MAX } from '@consilium/core';
import { MEMPOOL_BYTES_MAX, MEMPOOL_TXS_MAX } from '../limits.ts';
import { isDialable, isNamed } from './tcp-address.ts';
import {
  addressList,
  choiceOf,
  hostNames,
  integerFrom,
  listenHost,
  type PeerAddresses,
  peerAddresses,
  textOf,
  type ValueType,
} from './value-types.ts';

/** Whom the API asks for what: nobody on this machine, a token each, or a client certificate each. */
export type ApiAuth = 'open' | 'tokens' | 'mtls';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Setting -> its value. */
export interface SettingValues {
  readonly name: string;
  readonly 'keys.passphrase_file': string;
  readonly 'signer.socket': string;
  readonly 'p2p.listen': readonly string[];
  readonly 'peers.addresses': PeerAddresses;
  readonly 'api.host': string;
  readonly 'api.port': number;
  readonly 'api.auth': ApiAuth;
  readonly 'api.hosts': readonly string[];
  readonly 'api.tls_cert': string;
  readonly 'api.tls_key': string;
  readonly 'api.client_ca': string;
  readonly 'metrics.host': string;
  readonly 'metrics.port': number;
  readonly 'log.level': LogLevel;
  readonly 'log.file': string;
  readonly 'mempool.txs_max': number;
  readonly 'mempool.bytes_max': number;
  readonly 'store.keep_blocks': number;
  readonly 'store.keep_days': number;
  readonly 'snapshots.every_blocks': number;
  readonly 'snapshots.every_minutes': number;
  readonly 'timing.rebroadcast_ms': number;
  readonly 'timing.status_ms': number;
}

export type SettingName = keyof SettingValues;

export interface Setting<T> {
  /** For people: lines of the file's comment. */
  readonly about: readonly string[];
  readonly type: ValueType<T>;
  /** undefined: there is none, it must be given. */
  readonly fallback: T | undefined;
}

type Settings = { readonly [K in SettingName]: Setting<SettingValues[K]> };

const port: ValueType<number> = integerFrom(0, 65_535, '0 takes a free one');

/** In the order of the file. */
export const SETTINGS: Settings = {
  name: {
    about: ['Name of the institution, as on its validator card.'],
    type: textOf(1, NAME_LENGTH_MAX),
    fallback: undefined,
  },
  'keys.passphrase_file': {
    about: [
      'File with the passphrase of the key files, readable by its owner only; relative to this folder.',
      'Under systemd, with LoadCredential=passphrase:...: --set keys.passphrase_file=%d/passphrase.',
      'Empty: whoever starts the node at a terminal is asked, if the key files are under one.',
    ],
    type: textOf(0, 4_096),
    fallback: '',
  },
  'signer.socket': {
    about: [
      'Socket of the signer that holds the validator key and the signing record (consilium signer start);',
      'relative to this folder. Empty: this node holds both.',
    ],
    type: textOf(0, 4_096),
    fallback: '',
  },
  'p2p.listen': {
    about: ['Addresses of this machine on which the other hospitals reach this node.'],
    type: addressList((address) => !isNamed(address)),
    fallback: ['/ip4/0.0.0.0/tcp/4100'],
  },
  'peers.addresses': {
    about: [
      'Reach these institutions at other addresses than the ledger names (behind NAT, through a proxy).',
      'By name or by account id, each with one address or a list:',
      '  "Hospital North" = "/ip4/192.168.7.20/tcp/4100"',
    ],
    type: peerAddresses(isDialable),
    fallback: {},
  },
  'api.host': {
    about: [
      'Address of the HTTP API. Whoever reaches it can read what validators can read: on an address that other',
      'machines reach, the node starts only with api.auth = "tokens" or "mtls".',
    ],
    type: listenHost,
    fallback: '127.0.0.1',
  },
  'api.port': { about: ['Port of the HTTP API.'], type: port, fallback: 4200 },
  'api.auth': {
    about: [
      'What a caller must show: "open" nothing to read and submit (this machine only), "tokens" a token',
      '(consilium token add), "mtls" a client certificate. Routes of the operator always need a token or certificate.',
    ],
    type: choiceOf('open', 'tokens', 'mtls'),
    fallback: 'open',
  },
  'api.hosts': {
    about: ['Host names by which clients call the API, beside addresses and localhost.'],
    type: hostNames,
    fallback: [],
  },
  'api.tls_cert': {
    about: ['Certificate chain of the API (PEM); relative to this folder. Empty: plain HTTP.'],
    type: textOf(0, 4_096),
    fallback: '',
  },
  'api.tls_key': {
    about: ['Its private key (PEM), readable by its owner only; relative to this folder.'],
    type: textOf(0, 4_096),
    fallback: '',
  },
  'api.client_ca': {
    about: ['Authority of the client certificates (PEM), for api.auth = "mtls"; relative to this folder.'],
    type: textOf(0, 4_096),
    fallback: '',
  },
  'metrics.host': {
    about: ['Address of /metrics, /livez and /readyz.'],
    type: listenHost,
    fallback: '127.0.0.1',
  },
  'metrics.port': { about: ['Port of /metrics, /livez and /readyz.'], type: port, fallback: 4300 },
  'log.level': {
    about: ['Least important events that are logged: debug, info, warn or error.'],
    type: choiceOf('debug', 'info', 'warn', 'error'),
    fallback: 'info',
  },
  'log.file': {
    about: ['File for the log, one JSON object per line; relative to this folder. Empty: standard output.'],
    type: textOf(0, 4_096),
    fallback: '',
  },
  'mempool.txs_max': {
    about: ['Transactions that may wait for a block; more are refused and told to retry.'],
    type: integerFrom(100, 1_000_000),
    fallback: MEMPOOL_TXS_MAX,
  },
  'mempool.bytes_max': {
    about: ['Bytes of waiting transactions.'],
    type: integerFrom(1_048_576, 1_073_741_824),
    fallback: MEMPOOL_BYTES_MAX,
  },
  'store.keep_blocks': {
    about: [
      'Prune: keep at least so many of the newest blocks and delete older ones; never any of the evidence window.',
      '0: no bound by number. With both 0 everything is kept: an archive.',
    ],
    type: integerFrom(0, 1_000_000_000),
    fallback: 0,
  },
  'store.keep_days': {
    about: ['Prune: keep at least the blocks of so many days. 0: no bound by age.'],
    type: integerFrom(0, 36_500, 'days'),
    fallback: 0,
  },
  'snapshots.every_blocks': {
    about: [
      'After so many blocks this node makes a snapshot of the state, from which new hospitals begin;',
      'two are kept. The same number at every hospital lets them all give the same one. 0: none by height.',
    ],
    type: integerFrom(0, 1_000_000_000),
    fallback: 10_000,
  },
  'snapshots.every_minutes': {
    about: ['And whenever so many minutes of the chain have begun. 0: none by time.'],
    type: integerFrom(0, 525_600, 'minutes'),
    fallback: 360,
  },
  'timing.rebroadcast_ms': {
    about: ['How often this node repeats its last votes until a height ends.'],
    type: integerFrom(100, 60_000, 'milliseconds'),
    fallback: 1_000,
  },
  'timing.status_ms': {
    about: ['How often this node tells its peers its height and round.'],
    type: integerFrom(100, 60_000, 'milliseconds'),
    fallback: 3_000,
  },
};

export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** `api.port` -> `--set api.port`, of `consilium node start`. */
export function flagOf(name: SettingName): string {
  return `--set ${name}`;
}

/** `api.port` -> `CONSILIUM_API_PORT`. */
export function environmentOf(name: SettingName): string {
  return `CONSILIUM_${name.replaceAll('.', '_').toUpperCase()}`;
}

/** What the daemon is told, as one value. */
export interface Config {
  readonly name: string;
  /** Empty: none. */
  readonly keys: { readonly passphraseFile: string };
  /** Empty: none. */
  readonly signer: { readonly socket: string };
  readonly p2p: { readonly listen: readonly string[] };
  readonly peers: { readonly addresses: PeerAddresses };
  readonly api: {
    readonly host: string;
    readonly port: number;
    readonly auth: ApiAuth;
    readonly hosts: readonly string[];
    readonly tlsCert: string;
    readonly tlsKey: string;
    readonly clientCa: string;
  };
  readonly metrics: { readonly host: string; readonly port: number };
  readonly log: { readonly level: LogLevel; readonly file: string };
  readonly mempool: { readonly txsMax: number; readonly bytesMax: number };
  readonly store: { readonly keepBlocks: number; readonly keepDays: number };
  readonly snapshots: { readonly everyBlocks: number; readonly everyMinutes: number };
  readonly timing: { readonly rebroadcastMs: number; readonly statusMs: number };
}

export function configOf(values: SettingValues): Config {
  return {
    name: values.name,
    keys: { passphraseFile: values['keys.passphrase_file'] },
    signer: { socket: values['signer.socket'] },
    p2p: { listen: values['p2p.listen'] },
    peers: { addresses: values['peers.addresses'] },
    api: {
      host: values['api.host'],
      port: values['api.port'],
      auth: values['api.auth'],
      hosts: values['api.hosts'],
      tlsCert: values['api.tls_cert'],
      tlsKey: values['api.tls_key'],
      clientCa: values['api.client_ca'],
    },
    metrics: { host: values['metrics.host'], port: values['metrics.port'] },
    log: { level: values['log.level'], file: values['log.file'] },
    mempool: { txsMax: values['mempool.txs_max'], bytesMax: values['mempool.bytes_max'] },
    store: { keepBlocks: values['store.keep_blocks'], keepDays: values['store.keep_days'] },
    snapshots: {
      everyBlocks: values['snapshots.every_blocks'],
      everyMinutes: values['snapshots.every_minutes'],
    },
    timing: { rebroadcastMs: values['timing.rebroadcast_ms'], statusMs: values['timing.status_ms'] },
  };
}
