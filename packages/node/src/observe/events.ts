// Owns: every code that a node's log can hold, for ever: how severe, what it means, what to do. docs/events.md shows this
// table. Does not own: when an event happens (whoever reports it), how it is written (log.ts).

export interface EventEntry {
  /** The most severe level that it is written with. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** One sentence. */
  readonly meaning: string;
  /** What an operator does about it; absent: nothing. */
  readonly action?: string;
}

const CONSENSUS = {
  'agreement.log-full': {
    level: 'error',
    meaning: 'The log of the running height is full: this node casts no further vote in it.',
    action:
      'Run `consilium why`: a height that takes so long has another cause. The next height begins anew.',
  },
  'agreement.replay-differs': {
    level: 'error',
    meaning:
      'After a restart the log of the running height did not repeat what was signed: it casts no vote in it.',
    action: 'Keep the folder `state` and the log, and tell the developers; the next height begins anew.',
  },
  'block.invalid': {
    level: 'warn',
    meaning: 'A proposed block broke a rule and got no vote; `author` proposed it.',
    action: 'If it repeats: telephone the author, whose node is damaged or altered.',
  },
  'block.skipped': {
    level: 'warn',
    meaning:
      'A decided block left out transactions that had waited here for long, although it had room for them.',
    action:
      'If it repeats with one `author`: telephone that hospital; its links are bad, or it leaves out on purpose.',
  },
  'clock.off': {
    level: 'warn',
    meaning:
      "This machine's clock is off by more than half of what the network allows, by the clocks of its peers.",
    action: 'Mend NTP (`timedatectl`); the others go on without this proposer meanwhile.',
  },
  'clock.right': { level: 'info', meaning: 'The clock agrees with those of the peers again.' },
  'consensus.moving': { level: 'info', meaning: 'A block was committed after the height had been stuck.' },
  'consensus.no-quorum': {
    level: 'warn',
    meaning:
      'This node reaches `reached` of `total` validators and a decision needs `needed`: no block can be made.',
    action: 'Run `consilium why`, and telephone the hospitals that it names.',
  },
  'consensus.quorum-back': { level: 'info', meaning: 'This node reaches a quorum of validators again.' },
  'consensus.stuck': {
    level: 'warn',
    meaning:
      'There is work and no block was decided for longer than silent proposers and a late network explain.',
    action: 'Run `consilium why`: it names whose votes are missing and since when.',
  },
  'evidence.found': {
    level: 'warn',
    meaning: 'A validator signed two messages that exclude each other; the proof goes into a block.',
    action: 'Telephone the accused: its key is used twice, or its node is hostile.',
  },
  'peer.rejected': {
    level: 'warn',
    meaning: 'A peer sent what no honest node sends; it costs the peer its connection when it repeats.',
    action: 'If it repeats: telephone that hospital; `reason` says which rule.',
  },
  'replica.diverged': {
    level: 'error',
    meaning:
      'A quorum decided a block that this node finds invalid: it votes no more and its answers are stale.',
    action: 'Keep the home, and restore it from the others; see docs/operate.md.',
  },
  'membership.joining': {
    level: 'info',
    meaning: 'This hospital was let in, its node has caught up and asks for its place among the validators.',
  },
  'membership.learner': {
    level: 'info',
    meaning: 'This hospital was let in: its node follows, and votes by itself once it has caught up.',
  },
  'membership.tx-refused': {
    level: 'debug',
    meaning: 'The own request for a place among the validators was refused; it is made anew.',
  },
  'skip.reported': {
    level: 'info',
    meaning:
      'The ledger is told that a decided block left out what waited here: proposers that many report propose last.',
  },
  'skip.tx-refused': {
    level: 'debug',
    meaning: 'The own report of a block that left something out was refused.',
  },
  'replica.failed': {
    level: 'error',
    meaning: 'The node ends by itself: a write or read that it depends on failed.',
    action: '`reason` is the code of the error; mend it, then start the node.',
  },
  'upgrade.decided': {
    level: 'info',
    meaning: 'From `height` on the hospitals decide by `version` of the protocol; this software knows it.',
  },
  'upgrade.stopped': {
    level: 'error',
    meaning:
      'The node ends by itself before `height`: the hospitals decide it by a `version` of the protocol that it does not know.',
    action: 'Install a release that knows it, then start the node: it catches up and votes again.',
  },
  'upgrade.unsupported': {
    level: 'error',
    meaning:
      'From `height` on the hospitals decide by a `version` of the protocol that this software does not know.',
    action: 'Install a newer release before that height: the node stops there, and votes for nothing wrong.',
  },
} as const;

const SIGNING = {
  'signer.attached': { level: 'info', meaning: 'Node and signer are attached: the node signs.' },
  'signer.away': {
    level: 'warn',
    meaning: 'The signer does not answer: this node casts no vote until it does.',
    action:
      'See that `consilium signer start` runs and that the socket is there; the node goes on by itself.',
  },
  'signer.changed': {
    level: 'error',
    meaning:
      'The record of the signer is not the one that this node left there: another node signed with it, or an old copy was brought back. This node has stopped voting.',
    action: 'At once: find the other node that uses this signer; then start this one again.',
  },
  'signer.detached': { level: 'info', meaning: 'The node has left the signer, which waits for one.' },
  'signer.refused': {
    level: 'warn',
    meaning: 'The signer sent somebody away; `reason` says why.',
    action: '`SIGNER_BUSY`: a second node with the same key is running, or the one before has just ended.',
  },
  'signer.started': { level: 'info', meaning: 'The signer serves its socket.' },
  'signing.key-missing': {
    level: 'error',
    meaning:
      'The ledger expects another validator key of this hospital than the ones that this node holds: it casts no vote.',
    action: 'Put the key of the rotation into `keys/next`, and restart the node.',
  },
  'signing.foreign': {
    level: 'error',
    meaning: "A signature of this node's own key appeared that it did not make: it stopped voting.",
    action: 'At once: find the other process or copy that holds this key and stop it.',
  },
  'signing.observation.ended': {
    level: 'warn',
    meaning: 'The operator ended the watch of a node whose signing record was in doubt.',
  },
  'signing.observed': { level: 'info', meaning: 'The node has watched long enough and votes again.' },
  'signing.observing': {
    level: 'warn',
    meaning: 'The signing record is missing, damaged or behind: the node watches before it votes.',
    action: 'Wait: it ends by itself while the network makes blocks.',
  },
  'signing.quorum-heard': {
    level: 'info',
    meaning:
      'After its start the node has heard how far a quorum of validators is, and stands there itself: it may vote. `unproven`: the power of those that claimed more and did not show it.',
  },
  'signing.record.copied': {
    level: 'warn',
    meaning:
      'The home is a copy of the one that signed, perhaps an old one: the node watches before it votes.',
    action: 'Make sure that no other process runs with these keys.',
  },
  'signing.record.damaged': {
    level: 'warn',
    meaning: 'Neither copy of the signing record can be read.',
    action: 'Wait while it watches; look at the disk.',
  },
  'signing.record.imported': {
    level: 'warn',
    meaning: 'The signing record says of itself that it is in doubt.',
    action: 'Wait while it watches.',
  },
  'signing.record.missing': {
    level: 'warn',
    meaning: 'There is no signing record although the keys are not new.',
    action: 'Wait while it watches. If nobody restored this home: find out who removed it.',
  },
  'signing.refused': {
    level: 'error',
    meaning: 'The signing record forbids a signature that agreement asked for; none was made.',
    action: 'Keep the folder `state` and the log, and tell the developers.',
  },
  'signing.slot.torn': {
    level: 'warn',
    meaning:
      'One of the two copies of the signing record is torn, as after a power cut; the other one counts.',
  },
} as const;

const NETWORK = {
  P2P_CONNECTED: { level: 'info', meaning: 'A link to a validator is up.' },
  P2P_DIAL_FAILED: {
    level: 'debug',
    meaning: 'A validator could not be reached; it is tried again.',
    action: 'If it lasts: `consilium doctor` tries each address.',
  },
  P2P_DISCONNECTED: {
    level: 'info',
    meaning: 'A link to a validator ended; `reason` says why. It is dialled again.',
    action: 'If it lasts: telephone that hospital.',
  },
  P2P_KEY_SHARED: {
    level: 'error',
    meaning: 'Two institutions of the ledger have the same network key; the second one is not connected.',
    action: 'Telephone that hospital.',
  },
  P2P_MESSAGE_OVERSIZE: {
    level: 'error',
    meaning: 'This node made a message over the bound of its channel; it was not sent.',
    action: 'Keep the log, and tell the developers.',
  },
  P2P_OTHER_NETWORK: {
    level: 'warn',
    meaning: 'A peer with an admitted key belongs to another genesis.',
    action: 'Compare the fingerprint of the genesis with that hospital: `consilium genesis show`.',
  },
  P2P_PEER_BARRED: {
    level: 'warn',
    meaning:
      'A peer broke rules so often that it gets no connection for a while, or asked for one in that time.',
    action: 'Telephone that hospital; `reason` says which rule.',
  },
  P2P_PEER_PENALIZED: {
    level: 'warn',
    meaning: 'A peer broke a rule or a rate; at a score over the bound it is barred.',
    action: 'If it repeats: telephone that hospital.',
  },
  P2P_RATE_EXCEEDED: {
    level: 'warn',
    meaning: 'More connections at once than may wait to show their key; some were refused.',
    action: "If it lasts: let the firewall admit the hospitals' addresses only.",
  },
  P2P_STOP_INCOMPLETE: { level: 'warn', meaning: 'At the stop a peer did not say goodbye in time.' },
  P2P_STRANGER_REFUSED: {
    level: 'warn',
    meaning: 'A key that the ledger does not admit asked for a connection and got none.',
    action: "If it lasts: let the firewall admit the hospitals' addresses only.",
  },
  'join.chosen': { level: 'info', meaning: 'A snapshot was chosen; it is proven next.' },
  'join.done': { level: 'info', meaning: 'The store was filled from a snapshot; the node begins there.' },
  'join.false': {
    level: 'warn',
    meaning: 'A peer gave a newcomer what does not hold; `reason` says what. Others are asked.',
    action: 'If it repeats with one peer: telephone that hospital.',
  },
  'join.installing': { level: 'info', meaning: 'All of the snapshot is here and is put in its place.' },
  'join.no-snapshot': {
    level: 'warn',
    meaning: 'No peer offers a usable snapshot, or none is connected; it is asked for again.',
    action:
      'Have another hospital run `consilium node snapshot`, or start without --trust to fetch every block.',
  },
  'join.not-needed': {
    level: 'warn',
    meaning: 'A trusted block was given, and this home holds a chain already.',
  },
  'join.progress': { level: 'info', meaning: 'How much of the snapshot is here.' },
  'join.resumed': { level: 'info', meaning: 'An interrupted beginning from a snapshot goes on.' },
  'join.snapshot-gone': {
    level: 'warn',
    meaning: 'No peer keeps the chosen snapshot any more; another one is chosen.',
  },
  'join.timeout': { level: 'warn', meaning: 'A peer did not answer a newcomer in time; others are asked.' },
  'join.trust-differs': {
    level: 'warn',
    meaning: 'At the trusted height a peer has another block than the operator was given.',
    action: 'Compare height and block id with another hospital by telephone, character by character.',
  },
  'join.unknown': {
    level: 'warn',
    meaning: 'No peer shows the trusted block.',
    action: 'Compare it with another hospital by telephone, or ask for a newer one.',
  },
  'join.unproven': {
    level: 'warn',
    meaning: 'An offered snapshot is not shown to be of the chain of the trusted block.',
    action: 'If it repeats: compare the trusted block with another hospital, or ask for a newer one.',
  },
  'sync.bad-answer': { level: 'warn', meaning: 'A peer answered with other blocks than were asked for.' },
  'sync.forged-parts': {
    level: 'warn',
    meaning: 'A fetched block has parts that its header does not name; it was refused.',
    action: 'If it repeats with one peer: telephone that hospital.',
  },
  'sync.pruned': {
    level: 'warn',
    meaning:
      'Every peer that is ahead has pruned the next block that this node needs, from `base` on they have them.',
    action: 'Fetch a snapshot, or connect a hospital that keeps every block; see docs/operate.md.',
  },
  'sync.refused-block': {
    level: 'warn',
    meaning: 'A fetched block was refused, and all that its peer sent with it.',
    action: 'If it repeats with one peer: telephone that hospital.',
  },
  'sync.timeout': {
    level: 'warn',
    meaning: 'A peer did not answer a request for blocks in time; others are asked.',
  },
} as const;

const STORAGE = {
  'node.disk-full': {
    level: 'error',
    meaning:
      'The disk is full: the node votes and writes nothing, and answers reads. Nothing acknowledged is lost.',
    action: 'Free space: the node goes on by itself.',
  },
  'node.disk-recovered': {
    level: 'info',
    meaning: 'There is room on the disk again: the node works as after a start.',
  },
  'snapshot.damaged': {
    level: 'error',
    meaning: 'A file of a snapshot is not what was written, and is not given to newcomers.',
    action: 'Look at the disk; `consilium node verify`. The snapshot can be deleted.',
  },
  'snapshot.failed': {
    level: 'warn',
    meaning: 'A snapshot could not be made; the next one is tried when it is due.',
    action: '`reason` is the code of the error.',
  },
  'snapshot.made': { level: 'info', meaning: 'A snapshot of the state was made for new hospitals.' },
  'snapshot.removed': {
    level: 'info',
    meaning: 'A snapshot that is old, damaged or of another version was removed.',
  },
  'store.compact-failed': {
    level: 'warn',
    meaning: 'The room of pruned blocks could not be given back to the disk yet; nothing is lost.',
    action: 'Look at the disk and its free space.',
  },
  'store.prune-failed': {
    level: 'warn',
    meaning: 'Old blocks could not be deleted; it is tried again.',
    action: 'Look at the disk and its free space.',
  },
  'store.pruned': {
    level: 'info',
    meaning: 'Blocks below `base` are deleted, as `store.keep_blocks` and `store.keep_days` say.',
  },
  'vault.damaged': {
    level: 'error',
    meaning: 'Bytes of the vault are not what they were: they are never served, and fetched from the others.',
    action: 'Look at the disk (`smartctl`), and plan its replacement.',
  },
  'vault.recovered': {
    level: 'warn',
    meaning: 'At the start the vault was searched: blobs found again, an unfinished end cut off.',
  },
  'vault.unreadable': {
    level: 'error',
    meaning: 'The disk did not answer a read of the vault.',
    action: 'Look at the disk and at `errno`.',
  },
  'wal.damaged': {
    level: 'error',
    meaning: 'The log of the running height is damaged in its middle: the node does not start with it.',
    action: 'Stop the node and repair it from the others: docs/operate.md, "The store is damaged".',
  },
  'wal.torn': {
    level: 'warn',
    meaning: 'The log ended in a half-written entry, as after a power cut; that end was cut off.',
  },
} as const;

const CUSTODY = {
  'custody.blob-repaired': {
    level: 'info',
    meaning: 'Damaged ciphertext was fetched from another custodian.',
  },
  'custody.cannot-deal': {
    level: 'warn',
    meaning: 'This custodian should deal its shares to new custodians and lacks them; another one deals.',
  },
  'custody.dealer-false': {
    level: 'warn',
    meaning: 'A custodian dealt shares that do not fit; it is accused on the ledger.',
    action: 'Telephone that hospital: its node is damaged or altered.',
  },
  'custody.dealer-silent': {
    level: 'warn',
    meaning: 'A custodian did not deal its shares in time; it is accused on the ledger, another one deals.',
    action: 'Telephone that hospital.',
  },
  'custody.erase-postponed': {
    level: 'warn',
    meaning:
      'Erased records could not be destroyed here yet: the disk failed, or one is being read in; it is tried again.',
    action: 'If it lasts: look at the disk and its free space.',
  },
  'custody.erased': {
    level: 'info',
    meaning: 'Erasures of the ledger were carried out here: shares, keys and ciphertext are destroyed.',
  },
  'custody.missing': {
    level: 'warn',
    meaning: 'Registered records that this custodian should hold could not be fetched yet.',
    action: 'If it lasts: look at the links to the other hospitals.',
  },
  'custody.no-steps': {
    level: 'error',
    meaning: 'The chain of validator sets could not be read: readers of other hospitals may be refused.',
    action: 'Keep the log, and tell the developers.',
  },
  'custody.released': {
    level: 'debug',
    meaning: 'A request for shares was answered; `refused` of its places were refused.',
  },
  'custody.repaired': { level: 'info', meaning: 'Missing records of a batch were fetched from the others.' },
  'custody.reshared': { level: 'info', meaning: 'Batches were taken over into a new custody epoch.' },
  'custody.tx-refused': {
    level: 'debug',
    meaning: 'An own transaction of custody was refused; it is made anew.',
  },
} as const;

const SERVICE = {
  LOG_LINES_DROPPED: {
    level: 'warn',
    meaning: 'The log could not be written for a while; so many lines are lost.',
    action: 'Look at the disk, or at who reads standard output.',
  },
  OBSERVE_FAILED: {
    level: 'error',
    meaning: 'Metrics or a probe could not be answered.',
    action: 'Keep the log, and tell the developers.',
  },
  'admin.action': {
    level: 'info',
    meaning:
      'An operator did something, or began to; `seq` and `hash` are those of the line in the admin log.',
  },
  'admin.log-broken': {
    level: 'error',
    meaning:
      'The admin log was changed or cut while the node was stopped; it was set aside, and a new one begins.',
    action: 'Keep `state/admin-broken-...` as evidence, and find out who was on this machine.',
  },
  'admin.not-noted': {
    level: 'error',
    meaning: 'Something that belongs in the admin log could not be written there; `action` says what.',
    action: 'Look at the disk of the home.',
  },
  'api.tokens-in-clear': {
    level: 'warn',
    meaning:
      'The API is reachable from other machines and has no TLS of its own: tokens cross the network in the clear.',
    action:
      'Set `api.tls_cert` and `api.tls_key`, or make sure that only a proxy with TLS reaches `api.port`.',
  },
  'api.tokens-unreadable': {
    level: 'error',
    meaning: 'The list of tokens cannot be read, so that it admits nobody; `error` says why.',
    action:
      'Mend `keys/tokens.json` (mode 600), or remove it and make the tokens anew: `consilium token add`.',
  },
  'api.failed': {
    level: 'error',
    meaning: 'A request failed inside the node; `error`, `cause` and `route` say where.',
    action: 'Keep the log, and tell the developers.',
  },
  'api.started': { level: 'info', meaning: 'The HTTP API listens.' },
  'api.stopped': { level: 'info', meaning: 'The HTTP API ended.' },
  'api.stream.cut': {
    level: 'warn',
    meaning: 'An event stream was cut: its client took nothing, or too slowly.',
  },
  'config.unknown-peer': {
    level: 'warn',
    meaning: 'An address under `[peers]` names nobody of the ledger.',
    action: 'Correct the name in config.toml: `consilium validator list`.',
  },
  'mempool.displaced': {
    level: 'debug',
    meaning: 'Waiting transactions left for those of an institution with less room.',
  },
  'node.started': { level: 'info', meaning: 'The node is up; where its API and metrics listen.' },
} as const;

export type EventCode =
  | keyof typeof CONSENSUS
  | keyof typeof SIGNING
  | keyof typeof NETWORK
  | keyof typeof STORAGE
  | keyof typeof CUSTODY
  | keyof typeof SERVICE;

export const EVENTS: Readonly<Record<EventCode, EventEntry>> = {
  ...CONSENSUS,
  ...SIGNING,
  ...NETWORK,
  ...STORAGE,
  ...CUSTODY,
  ...SERVICE,
};
