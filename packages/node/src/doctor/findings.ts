// Owns: every fault that the doctor can name, for ever: its code, how grave it is, and the command that mends it.
// docs/operate/watching.md shows this table. Does not own: finding them (checks-*.ts).

export interface DiagnosisEntry {
  /** `fault`: it does not work, or will not for long. `note`: worth a look. */
  readonly severity: 'fault' | 'note';
  readonly meaning: string;
  /** What is typed to mend it, or to see what is behind it; words in braces are facts of the finding. */
  readonly command: string;
}

export const DIAGNOSES = {
  HOME_MISSING: {
    severity: 'fault',
    meaning: 'the folder is no home: it has no config.toml',
    command: 'npx consilium node init --home {home} --org NAME --listen HOST:PORT',
  },
  HOME_PART_MISSING: {
    severity: 'fault',
    meaning: 'a part of the home is missing',
    command: 'cp --preserve BACKUP/{part} {file}',
  },
  HOME_OPEN_TO_OTHERS: {
    severity: 'fault',
    meaning: 'others on this machine can read a secret',
    command: 'chmod go= {file}',
  },
  KEY_INVALID: {
    severity: 'fault',
    meaning: 'a key file is damaged, or of another institution',
    command: 'cp --preserve BACKUP/{part} {file}',
  },
  CONFIG_WRONG: {
    severity: 'fault',
    meaning: 'config.toml or the environment has a mistake',
    command: 'npx consilium config validate --home {home}',
  },
  DEVELOPMENT_KEYS: {
    severity: 'fault',
    meaning: 'a key that everybody has, on a network that is no toy',
    command: 'npx consilium node init --home NEW --org NAME --listen HOST:PORT',
  },
  GENESIS_MISSING: {
    severity: 'fault',
    meaning: 'the home has no genesis yet',
    command: 'npx consilium node start --home {home} --genesis FILE',
  },
  GENESIS_DAMAGED: {
    severity: 'fault',
    meaning: 'genesis.json cannot be read as one',
    command: 'cp GENESIS {home}/genesis.json && npx consilium genesis show {home}/genesis.json',
  },
  GENESIS_OTHER: {
    severity: 'fault',
    meaning: 'genesis.json is not that of the chain in the store',
    command: 'cp GENESIS {home}/genesis.json && npx consilium genesis show {home}/genesis.json',
  },
  NOT_A_MEMBER: {
    severity: 'note',
    meaning: 'the ledger does not know this institution: the node follows and does not vote',
    command: 'npx consilium validator list',
  },
  CARD_DIFFERS: {
    severity: 'fault',
    meaning: 'a key of this home is not the one that the ledger has for this institution',
    command: 'npx consilium key show {file}',
  },
  STORE_LOST: {
    severity: 'fault',
    meaning: 'the home held a chain and its store is empty: a disk that is not mounted, or a loss',
    command: 'findmnt --target {data}',
  },
  CHAIN_MARKER_LOST: {
    severity: 'note',
    meaning:
      'the store holds a chain and the marker that guards against its loss is gone; a start makes it again',
    command: 'npx consilium node start --home {home}',
  },
  STORE_BROKEN: {
    severity: 'fault',
    meaning: 'the store is damaged',
    command: 'npx consilium node verify --home {home}',
  },
  STORE_OF_OTHER_VERSION: {
    severity: 'fault',
    meaning: 'the store has a format that this version does not read',
    command: 'npx consilium version',
  },
  VERSION_TOO_OLD: {
    severity: 'fault',
    meaning: 'the members decided on a version of the protocol that this software does not have',
    command: 'npx consilium version',
  },
  SIGNING_RECORD_MISSING: {
    severity: 'fault',
    meaning:
      'there is no signing record although this home has signed: it will watch before it votes. Never copy an old one',
    command: 'npx consilium node signing show --home {home}',
  },
  SIGNING_RECORD_DOUBTED: {
    severity: 'note',
    meaning: 'the signing record is damaged or in doubt: the node watches before it votes',
    command: 'npx consilium node signing show --home {home}',
  },
  SIGNER_AWAY: {
    severity: 'fault',
    meaning: 'the socket of the signer that holds the validator key is not there',
    command: 'systemctl status consilium-signer',
  },
  PORT_TAKEN: {
    severity: 'fault',
    meaning: 'another process listens on a port of this node',
    command: "ss --listening --tcp --processes 'sport = :{port}'",
  },
  ADDRESS_NOT_HERE: {
    severity: 'fault',
    meaning: 'this machine does not have the address that the node is to listen on',
    command: 'ip address show',
  },
  PID_STALE: {
    severity: 'note',
    meaning: 'the file pid names a process that does not run: the node ended by force',
    command: 'journalctl --unit consilium --lines 50',
  },
  NODE_NOT_RUNNING: {
    severity: 'note',
    meaning: 'the node does not run',
    command: 'systemctl start consilium',
  },
  NODE_SILENT: {
    severity: 'fault',
    meaning: 'a process holds the home and its API does not answer',
    command: 'journalctl --unit consilium --lines 50',
  },
  NODE_NOT_READY: {
    severity: 'fault',
    meaning: 'the node runs and is not ready',
    command: 'npx consilium why --home {home}',
  },
  NO_BLOCKS: {
    severity: 'fault',
    meaning: 'there is work and no block',
    command: 'npx consilium why --home {home}',
  },
  PEER_UNREACHABLE: {
    severity: 'fault',
    meaning: 'no address of another hospital takes a connection from here',
    command: 'nc -vz {host} {port}',
  },
  OWN_ADDRESS_UNREACHABLE: {
    severity: 'note',
    meaning:
      'the address that the others have of this node takes no connection from here; behind NAT that may be normal',
    command: 'nc -vz {host} {port}',
  },
  DISK_LOW: {
    severity: 'fault',
    meaning: 'little space is left where the home lies',
    command: 'df --human-readable {home}',
  },
  CLOCK_NOT_KEPT: {
    severity: 'fault',
    meaning: "nothing keeps this machine's clock",
    command: 'timedatectl set-ntp true',
  },
  MEMORY_LOW: {
    severity: 'fault',
    meaning: 'the machine has less memory than a node needs',
    command: 'free --mebi',
  },
  FILES_LIMIT_LOW: {
    severity: 'fault',
    meaning: 'the node may have too few files and sockets open',
    command: 'systemctl edit consilium  # [Service] LimitNOFILE=65536',
  },
  NODE_JS_OLD: {
    severity: 'fault',
    meaning: 'this Node.js is older than the one that the daemon runs on',
    command: 'npm ci',
  },
} as const;

export type DiagnosisCode = keyof typeof DIAGNOSES;

export interface Finding {
  readonly code: DiagnosisCode;
  readonly severity: DiagnosisEntry['severity'];
  /** The meaning, and what was found. */
  readonly text: string;
  readonly command: string;
}

/** `detail`: what was found, in a few words. */
export function finding(
  code: DiagnosisCode,
  facts: Readonly<Record<string, string | number>> = {},
  detail?: string,
): Finding {
  const { severity, meaning, command } = DIAGNOSES[code];
  const filled = command.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
  return { code, severity, text: detail === undefined ? meaning : `${meaning}: ${detail}`, command: filled };
}
