// Owns: every message that validators exchange, its form and bound. One version byte leads each message; another
// version is refused. Does not own: what a receiver does (replica, mempool, sync).
import {
  type Block,
  blockShape,
  byteString,
  type Certificate,
  ConsiliumError,
  certificateShape,
  decode,
  type ErrorCode,
  type Evidence,
  encode,
  evidenceListShape,
  evidenceShape,
  flag,
  type Header,
  type Hex32,
  headerShape,
  hex32,
  integer,
  list,
  nullable,
  oneOf,
  type Shape,
  type SignedProposal,
  signedProposalShape,
  struct,
  TX_BYTES_MAX,
  type Vote,
  variants,
  voteShape,
} from '@consilium/core';
import { MESSAGE_BYTES_MAX } from '../limits.ts';

export const WIRE_VERSION = 2;

/** Ids of one request. */
export const REQUEST_IDS_MAX = 4096;
/** Blocks of one sync answer. */
export const SYNC_BLOCKS_MAX = 64;
/** Votes of one status answer. */
export const VOTES_PER_MESSAGE_MAX = 512;

/** A block without its bodies: header, parent certificate, evidence and transaction ids. */
export interface Value {
  readonly header: Header;
  readonly lastCertificate: Certificate | null;
  readonly evidence: readonly Evidence[];
  readonly txIds: readonly Hex32[];
}

/** A proposal with validRound >= 0 travels with its polka. */
export interface ProposalMessage {
  readonly type: 'proposal';
  readonly proposal: SignedProposal;
  readonly value: Value;
  readonly polka: Certificate | null;
}

/** The answer to `value-request`. */
export interface ValueMessage {
  readonly type: 'value';
  readonly value: Value;
}

export interface VotesMessage {
  readonly type: 'votes';
  readonly votes: readonly Vote[];
}

/** A polka or a commit certificate of a running height, checked and kept as a whole. */
export interface CertificateMessage {
  readonly type: 'certificate';
  readonly certificate: Certificate;
}

export interface EvidenceMessage {
  readonly type: 'evidence';
  readonly evidence: Evidence;
}

/** Where the sender stands: its base, running height, the id of its last block, its round, whether woken, its clock. */
export interface StatusMessage {
  readonly type: 'status';
  /** Height of the earliest block that it can send. */
  readonly base: number;
  readonly height: number;
  readonly lastBlockId: Hex32;
  readonly round: number;
  readonly awake: boolean;
  /** The sender's wall clock, so that a clock that is off is noticed before its proposals are untimely. */
  readonly timeMs: number;
}

/** Asks for a value by its block id. */
export interface ValueRequest {
  readonly type: 'value-request';
  readonly height: number;
  readonly blockId: Hex32;
}

export interface TransactionsMessage {
  readonly type: 'transactions';
  readonly txs: readonly Uint8Array[];
}

/** Asks for bodies of a proposed value by transaction id. */
export interface BodiesRequest {
  readonly type: 'bodies-request';
  readonly height: number;
  readonly blockId: Hex32;
  readonly txIds: readonly Hex32[];
}

export interface BodiesAnswer {
  readonly type: 'bodies';
  readonly height: number;
  readonly blockId: Hex32;
  readonly txs: readonly Uint8Array[];
}

export interface BlocksRequest {
  readonly type: 'blocks-request';
  readonly requestId: number;
  readonly fromHeight: number;
  readonly count: number;
}

/** A decided block with a commit certificate of its height. */
export interface DecidedBlock {
  readonly block: Block;
  readonly certificate: Certificate;
}

export interface BlocksAnswer {
  readonly type: 'blocks';
  readonly requestId: number;
  readonly blocks: readonly DecidedBlock[];
}

/** The answer to a request that its sender cannot serve, with the height of the earliest block that it has. */
export interface SyncRefusal {
  readonly type: 'sync-refusal';
  readonly requestId: number;
  readonly code: SyncRefusalCode;
  readonly base: number;
}

export type SyncRefusalCode = Extract<ErrorCode, 'BLOCK_PRUNED'>;

export type WireMessage =
  | ProposalMessage
  | VotesMessage
  | CertificateMessage
  | EvidenceMessage
  | StatusMessage
  | ValueMessage
  | ValueRequest
  | TransactionsMessage
  | BodiesRequest
  | BodiesAnswer
  | BlocksRequest
  | BlocksAnswer
  | SyncRefusal;

const height = integer(0, Number.MAX_SAFE_INTEGER);
const txs = list(byteString(TX_BYTES_MAX), REQUEST_IDS_MAX);
const txIds = list(hex32, REQUEST_IDS_MAX);
const requestId = integer(0, 0xffff_ffff);

export const valueShape: Shape<Value> = struct<Value>({
  header: headerShape,
  lastCertificate: nullable(certificateShape),
  evidence: evidenceListShape,
  txIds,
});

export const proposalMessageShape: Shape<ProposalMessage> = struct<ProposalMessage>({
  type: oneOf('proposal'),
  proposal: signedProposalShape,
  value: valueShape,
  polka: nullable(certificateShape),
});

export const wireShape: Shape<WireMessage> = variants<WireMessage>({
  proposal: proposalMessageShape,
  value: struct<ValueMessage>({ type: oneOf('value'), value: valueShape }),
  votes: struct<VotesMessage>({ type: oneOf('votes'), votes: list(voteShape, VOTES_PER_MESSAGE_MAX, 1) }),
  certificate: struct<CertificateMessage>({ type: oneOf('certificate'), certificate: certificateShape }),
  evidence: struct<EvidenceMessage>({ type: oneOf('evidence'), evidence: evidenceShape }),
  status: struct<StatusMessage>({
    type: oneOf('status'),
    base: integer(1, Number.MAX_SAFE_INTEGER),
    height,
    lastBlockId: hex32,
    round: integer(0, 1_000_000),
    awake: flag,
    timeMs: integer(0, Number.MAX_SAFE_INTEGER),
  }),
  'value-request': struct<ValueRequest>({ type: oneOf('value-request'), height, blockId: hex32 }),
  transactions: struct<TransactionsMessage>({ type: oneOf('transactions'), txs }),
  'bodies-request': struct<BodiesRequest>({ type: oneOf('bodies-request'), height, blockId: hex32, txIds }),
  bodies: struct<BodiesAnswer>({ type: oneOf('bodies'), height, blockId: hex32, txs }),
  'blocks-request': struct<BlocksRequest>({
    type: oneOf('blocks-request'),
    requestId,
    fromHeight: height,
    count: integer(1, SYNC_BLOCKS_MAX),
  }),
  blocks: struct<BlocksAnswer>({
    type: oneOf('blocks'),
    requestId,
    blocks: list(struct<DecidedBlock>({ block: blockShape, certificate: certificateShape }), SYNC_BLOCKS_MAX),
  }),
  'sync-refusal': struct<SyncRefusal>({
    type: oneOf('sync-refusal'),
    requestId,
    code: oneOf<SyncRefusalCode>('BLOCK_PRUNED'),
    base: integer(1, Number.MAX_SAFE_INTEGER),
  }),
});

const VERSION = Uint8Array.of(WIRE_VERSION);

export function encodeMessage(message: WireMessage): Uint8Array {
  return encode(wireShape, message, VERSION);
}

/** Throws `ENCODING_TOO_LARGE` or `ENCODING_INVALID`: both are the sender's fault. */
export function decodeMessage(bytes: Uint8Array): WireMessage {
  if (bytes[0] !== WIRE_VERSION) throw new ConsiliumError('ENCODING_INVALID', { path: 'version' });
  return decode(wireShape, bytes.subarray(1), MESSAGE_BYTES_MAX);
}
