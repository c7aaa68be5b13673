// Owns: the closed table of error codes. Every refusal of Consilium has one; data is typed, never personal.

/** Code -> what a person should do or know. One line each; shown by the command line after the code. */
export const ERRORS = {
  // encoding
  ENCODING_INVALID: 'the bytes are not canonical DAG-CBOR of the expected form',
  ENCODING_TOO_LARGE: 'the bytes are over their bound',
  // transactions
  MEMPOOL_FULL: 'no room now for more transactions of this institution; retry later',
  TX_ACCOUNT_UNKNOWN: 'the sender is not a known account of this network',
  TX_ACTION_MALFORMED: 'an action does not have the form of its type and version',
  TX_ACTION_UNKNOWN: 'an action type or version is not known to this network',
  TX_DUPLICATE: 'this transaction was committed before',
  TX_EXPIRED: 'validUntil has passed; sign a new transaction',
  TX_KEY_ROTATED: 'signed with a key that the account has rotated away; sign with the current key',
  TX_NETWORK_MISMATCH: 'the transaction names another genesis',
  TX_NOT_PERMITTED: 'the sender may not do this',
  TX_QUOTA_EXCEEDED: 'the account has used its quota; retry later',
  TX_SIGNATURE_INVALID: "the signature does not verify under the sender's key",
  TX_TOO_COSTLY: 'the actions ask for more work than one transaction may; split them over several',
  TX_VALIDITY_TOO_LONG: 'validUntil lies too far in the future',
  // identity, institutions, consent, anchor
  ACCOUNT_EXISTS: 'an account with this key exists already',
  ACCOUNT_NOT_FOUND: 'no such account',
  AGGREGATE_NOT_NEXT: 'other entries of this institution were committed since; these do not follow on them',
  AGGREGATES_DIVERGED:
    'the ledger holds batches that this store has not: an old copy, or one of two; nothing is committed from it',
  ANCHOR_EXISTS: 'this root was anchored before by this institution',
  CONSENT_NOT_FOUND: 'no such consent of this patient',
  CONSENT_REVOKED: 'the consent is revoked already',
  CREDENTIAL_NOT_FOUND: 'no such credential of this institution',
  CREDENTIAL_WITHDRAWN: 'the credential is withdrawn already',
  DELEGATION_ENDED: 'the delegation has been ended already',
  DELEGATION_NOT_FOUND: 'no such delegation of this patient',
  EMERGENCY_NOT_FOUND: 'no such emergency in the worklist of this institution',
  EMERGENCY_NOT_SUSPENDED:
    'the emergency privilege is not suspended by a review; what is overdue is reviewed first',
  EMERGENCY_REVIEWED: 'the emergency has been reviewed already',
  EMERGENCY_SECOND_INVALID: 'the second signature is not that of another clinician for this very access',
  GROUP_NOT_FOUND: 'no such group of this institution',
  INSTITUTION_EXISTS: 'an institution with this name or key exists already',
  INSTITUTION_NOT_FOUND: 'no such institution',
  KEY_INVALID:
    'not a canonical key of the prime-order group, of small order, or its proof of possession fails',
  PROPOSAL_APPROVED: 'this institution has approved the proposal already',
  PROPOSAL_EXISTS: 'an open proposal says the same already',
  PROPOSAL_OUTDATED: 'other parameters were decided since; propose anew from those',
  PROPOSAL_NOT_FOUND: 'no such open proposal',
  SET_CHANGE_UNSAFE: 'the change would end fault tolerance; confirm it by name',
  VALUE_INVALID: 'a value is outside its allowed range',
  // records, custody, access
  ACCESS_DENIED: 'the ledger denied this access; its entry says by which rule',
  ACCESS_EXPIRED: 'the permit has expired; ask the ledger again',
  ACCESS_NOT_FOUND: 'no such access is committed at this custodian',
  ACCESS_OTHER_READER: 'the permit is of another reader',
  ACCESS_REVOKED: 'what the permit rests on has ended since: consent, credential or record',
  CUSTODY_BUSY: 'this custodian has too much to do now; retry later or ask through another node',
  CUSTODY_EPOCH_WRONG: 'sealed for custodians that are not, or no longer, the current ones; seal anew',
  CUSTODY_NOT_READY: 'this node may not release shares now: it watches, has diverged or was restored',
  CUSTODY_PACKAGE_INVALID: 'the package of sealed records does not fit together',
  CUSTODY_PACKAGE_MISSING: 'this custodian does not hold the records of this batch yet',
  CUSTODY_RECEIPTS_MISSING: 'too few custodians signed that they hold the records',
  CUSTODY_REMOVED: 'this node is no custodian of these records (any more)',
  CUSTODY_SHARE_FALSE: 'a share does not fit the points that its dealer committed to',
  CUSTODY_SHARES_MISSING: 'too few custodians released a true share of the record; retry later',
  CUSTODY_STALE: 'this custodian could not learn in time how far the others are',
  CUSTODY_TOO_FEW: 'records need at least three custodians',
  ERASURE_ANSWERED: 'the request is answered already',
  ERASURE_NOT_FOUND: 'no such erasure, or no such request of this patient',
  ERASURE_RECEIPTED: 'this custodian has said before that it destroyed what it held',
  RECORD_AMENDED: 'a newer version of this record exists already; amend that one',
  RECORD_ERASED: 'the record is erased',
  RECORD_EXISTS: 'a record of this batch is registered already',
  RECORD_NOT_FOUND: 'no such record of this patient',
  RECORD_RETRACTED: 'the record is retracted already',
  // evidence
  REPORT_INVALID: 'the report of a skipping proposer cannot stand here',
  EVIDENCE_INVALID: 'the evidence does not prove misbehaviour',
  EVIDENCE_KNOWN: 'evidence against this validator is committed already in this window',
  EVIDENCE_TOO_OLD: 'the evidence is older than the evidence window',
  // blocks and certificates
  BLOCK_INVALID: 'the block breaks a rule',
  PROTOCOL_UNSUPPORTED:
    'the hospitals decided on a version of the protocol that this software does not know; install one that does',
  CERTIFICATE_INVALID: 'the certificate does not carry more than two thirds of the power of its set',
  // network between validators
  P2P_ADDRESS_INVALID: 'not a multiaddr that this node can dial, or it names another peer',
  P2P_CHANNEL_FAILED: 'the peer did not open a channel in time',
  P2P_FRAME_MALFORMED: 'the peer sent bytes that are no frame of the protocol',
  P2P_FRAME_OVERSIZE: 'the peer announced a message over the bound of its channel',
  P2P_FRAME_STALLED: 'the peer began a message and did not end it in time',
  P2P_LINK_CLOSED: 'the peer or the network closed the link',
  P2P_LINK_DUPLICATE: 'both ends connected at once; one of the two links was closed',
  P2P_LINK_SILENT: 'nothing was heard from the peer for too long',
  P2P_LISTEN_FAILED: 'cannot listen on the address; is another process using the port?',
  P2P_MESSAGE_OVERSIZE: 'a message of our own is over the bound of its channel and was not sent',
  P2P_NOT_RUNNING: 'this node is starting or stopping',
  P2P_OTHER_NETWORK: 'the peer runs another network (genesis) or another version of the protocol',
  P2P_PEER_BARRED: 'the peer broke the protocol too often and is cut off for a while',
  P2P_PEER_REMOVED: 'the institution is not, or no longer, admitted by the ledger',
  P2P_RATE_EXCEEDED: 'the peer sends more than its rate bound',
  P2P_REFUSED_BY_PEER: 'the peer closed the link at once; its ledger may not admit this node (yet)',
  P2P_STRANGER_REFUSED: 'a peer that the ledger does not admit was refused at the gate',
  // proofs and clients
  PROOF_INVALID: 'the answer does not match its certificate and proof; this node is lying or damaged',
  STALE: 'the answer is older than what this client has already seen or asked for',
  GENESIS_INVALID: 'the genesis document is malformed or inconsistent',
  // clients
  ANCHOR_NOT_FOUND: 'no such root is anchored by this institution',
  BUNDLE_INVALID: 'not a FHIR R4 Bundle in strict JSON whose every entry holds one resource',
  CONFIGURATION_INVALID: 'what this command was configured with cannot be used',
  FILE_INVALID: 'the file is not of the expected kind, version or form',
  FILE_UNREADABLE: 'the file cannot be read or written',
  KEY_NOT_FOUND: 'no key has this name and no file this path; see npx consilium key new --help',
  NODE_ANSWER_INVALID: 'what answers there does not speak the protocol of a node; check the address',
  NODE_NOT_RUNNING: 'the node of this home does not answer; is it started?',
  NODE_UNREACHABLE:
    'the node does not answer; check its address and whether it runs, or name another with --node',
  NOT_CONFIRMED: 'nothing was signed or sent: it was not confirmed',
  QUORUM_UNREACHABLE:
    'fewer validators answer than a quorum, so nobody can say what is newest; name more nodes',
  READ_UNSETTLED: 'the ledger moved on between the parts of this answer; ask again, or for less at once',
  TOKEN_IN_CLEAR: 'a token is sent to another machine over TLS only; use an https address',
  TX_STATE_UNKNOWN:
    'not known to be committed and not yet dead; send the same bytes again or ask for its id later',
  USAGE_INVALID: 'the command is not used as it must be; see --help',
  // HTTP API
  API_BUSY: 'too many requests wait at this node; retry later or ask another node',
  API_STOPPING: 'the node is stopping; retry later or ask another node',
  API_CERTIFICATE_UNKNOWN: 'the client certificate is not on the list of this node; see consilium token add',
  API_EXPOSED: 'the API is to be reachable from other machines without tokens or certificates; set api.auth',
  API_ROLE_MISSING: 'the token is good, but its role may not do this; see docs/operate.md',
  API_TOKEN_INVALID: 'the token is not, or no longer, one of this node',
  API_TLS_INVALID: 'certificate, key and authority of the API do not go together',
  API_TOKEN_REQUIRED: 'this needs a token of the node, in the header Authorization: Bearer',
  BLOCK_NOT_FOUND: 'this node has no block at this height yet',
  BLOCK_PRUNED:
    'this node no longer keeps blocks of this height, or never had them; ask one with a lower base',
  CHAIN_EMPTY: 'no block is committed yet; the ledger is what its genesis says',
  HOST_REFUSED: 'the Host header names a host that this node does not serve',
  INTERNAL_ERROR: 'the node failed to answer; its log says where',
  MEDIA_TYPE_UNSUPPORTED: 'the body must be application/json or application/octet-stream, as the route says',
  RATE_LIMITED: 'this client asks too often; retry after the time given',
  REQUEST_INVALID: 'the request does not have the form of its route; see /openapi.json',
  ROUTE_NOT_FOUND: 'there is no such route; / names what there is',
  TX_WAIT_TIMEOUT: 'not committed within the time to wait; the state is unknown, send the same bytes again',
  // sealing
  SEAL_INVALID: 'sealed bytes do not open under this key, or were changed',
  SEAL_UNSUPPORTED: 'this runtime lacks X25519 or AES-GCM in its WebCrypto; use a newer one',
  // snapshots
  SNAPSHOT_GONE: 'this node does not keep that snapshot (any more); it offers others',
  SNAPSHOT_NONE: 'this node makes no snapshot now: it has no block yet, or is making one; retry later',
  SNAPSHOT_TRUST_CONFLICT:
    'this home is being filled from another trusted block; go on without --trust, or empty its data folder first',
  SNAPSHOT_UNFINISHED: 'this home is being filled from a snapshot; start the node and let it end',
  // store
  STORE_DAMAGED: 'the store gave back something else than was written; see docs/operate.md',
  // a validator's own disk
  DISK_FAILED:
    'a write was not made durable; this node claims nothing more: mend the disk and start it again',
  QUORUM_UNHEARD: 'nothing is signed after a start before a quorum of validators was heard',
  SIGNER_AWAY: 'the signer does not answer; see that it runs: the node goes on by itself',
  SIGNER_BUSY: 'another node is attached to this signer, or it has too much to do',
  SIGNER_FRAME_MALFORMED: 'not a message of the protocol between a node and its signer',
  SIGNER_KEY_AT_HOME:
    'signer.socket is set and the home still holds the validator key: move it with signer init',
  SIGNER_OTHER_VALIDATOR: 'the signer holds the key of another validator or network',
  SIGNER_SOCKET_MODE: 'others on this machine can reach the socket of the signer, or it is not of this user',
  SIGNER_VERSION: 'node and signer speak different versions of their protocol',
  SIGNING_RECORD_EXISTS: 'this home has a signing record already; it is never overwritten',
  SIGNING_RECORD_INVALID: 'not a signing record of this network and validator, or behind the one in place',
  SIGNING_REFUSED:
    'the signing record holds a message at or above this one; signing it could be a double vote',
  WAL_DAMAGED:
    'the write-ahead log is damaged before its end; move it aside: the node then only watches the running height',
  WAL_FULL: 'the write-ahead log of this height is full; the node votes again from the next height',
  // FHIR
  CONSENT_NOT_EXPRESSIBLE:
    'the FHIR consent says something that no consent of the ledger can; see docs/consent.md',
  CONSENT_REFERENCE_UNKNOWN: 'a reference of the consent names nobody and nothing that is known here',
  RESOURCE_INVALID: 'not a valid FHIR R4 resource',
  RESOURCE_TYPE_UNKNOWN: 'not a FHIR R4 resource type that is taken here; see docs/fhir.md',
  // files, store and configuration of one machine
  ADMIN_LOG_BROKEN: 'the log of admin actions was changed or cut where it is named; keep it as evidence',
  BACKUP_DAMAGED: 'the backup is not what was written; take another one',
  BACKUP_VERSION: 'the backup was made by another version of the software',
  CARD_INVALID: 'not a validator card, or its signatures do not verify',
  CONFIG_INVALID: 'a setting has a wrong value',
  CONFIG_KEY_UNKNOWN: 'the configuration names a setting that does not exist',
  CONFIG_MALFORMED: 'the configuration file is not TOML',
  DEVELOPMENT_KEY: 'a development key is refused on a chain whose id does not begin with dev-',
  DISK_FULL:
    'the disk is full: a running node only answers reads until there is space; free some, a node that ended is started again',
  FILE_EXISTS: 'the file exists already and is not overwritten',
  FILE_MISSING: 'no such file',
  FILE_TOO_LARGE: 'the file is over its bound; this is not the file it should be',
  GENESIS_MISMATCH: 'this home belongs to another genesis',
  HOME_MISSING: 'no home of a node here; make one with: consilium node init',
  KEY_FILE_ENCRYPTED: 'the key file is under a passphrase: give --passphrase-file, or type it at a terminal',
  KEY_FILE_MALFORMED: 'not a key file',
  KEY_FILE_MISSING: 'no such key file',
  KEY_FILE_MODE:
    'others on this machine can read the keys; allow only the owner (chmod 600 file, 700 folder)',
  KEY_FILE_PLAIN: 'the key file is under no passphrase',
  LISTEN_FAILED: 'the address is not free or not of this machine',
  TOKEN_FILE_INVALID: 'not a file with a token of a node',
  PASSPHRASE_INVALID: 'this cannot be a passphrase',
  PASSPHRASE_WRONG: 'the passphrase does not open the key file',
  TOKEN_UNKNOWN: 'no token or certificate of this name; see consilium token list',
  STORE_FAILED: 'the store refused to read or write',
  STORE_FORMAT: 'the store was written by another version; start that one, or see docs/operate.md',
  STORE_GONE:
    'this home held a chain and its store is empty; put it back, or have it fetched anew: see docs/operate.md',
  STORE_LOCKED: 'another process uses this home',
  // local development network
  DEVNET_FOLDER_INVALID: 'the folder holds something that is no devnet; name another with --dir',
  DEVNET_MISMATCH: 'the devnet in this folder was made with other settings; reset it, or name another --dir',
  DEVNET_NODE_STATE: 'not possible in the state that this node is in',
  DEVNET_NODE_UNKNOWN: 'the devnet has no node of this name',
  DEVNET_NOT_READY: 'a node did not come up; its log says why',
  DEVNET_NOT_RUNNING: 'no devnet runs in this folder; start one with: npx consilium devnet up --detach',
  DEVNET_RUNNING: 'a devnet runs in this folder already; see npx consilium devnet status',
  PORT_IN_USE: 'a port that is needed is taken; give another --base-port',
  // the fault kit
  CHAOS_BROKEN: 'the fault kit itself failed; this says nothing of the network under test',
  CHAOS_NOT_HEALED: 'the hospitals did not come to one height in time; their logs say why',
  CHAOS_RUN_INVALID: 'not a folder of a run, of another version, or damaged',
  SCENARIO_INVALID: 'the scenario cannot be run as it is written',
  // the story of npm start
  INTERRUPTED: 'stopped before it was done',
  STORY_BROKEN: 'the network did not do what it promises; its folder holds all that happened',
  STORY_WAIT_TIMEOUT:
    'a condition of the network did not come true in time; look into the logs of its folder',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** Data of an error: plain facts (heights, limits, field names). Never payloads, names of patients, or keys. */
export type ErrorData = Readonly<Record<string, string | number | boolean>>;

export class ConsiliumError extends Error {
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, data: ErrorData = {}, detail?: string) {
    super(detail ?? ERRORS[code]);
    this.name = 'ConsiliumError';
    this.code = code;
    this.data = data;
  }
}

export function isConsiliumError(error: unknown, code?: ErrorCode): error is ConsiliumError {
  return error instanceof ConsiliumError && (code === undefined || error.code === code);
}

/** The code of any thrown value, so that no refusal goes without one. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof ConsiliumError ? error.code : undefined;
}

/**
 * What a receiver does with a message that it does not take.
 * `ignore`: honest noise (late, seen before, for another height). `reject`: the sender's fault, and it costs the peer.
 */
export interface Refusal {
  readonly verdict: 'ignore' | 'reject';
  readonly code: ErrorCode;
}
