// Owns: the client as its users see it: options in, one object of questions and commands out.
import {
  type Action,
  ConsiliumError,
  type Genesis,
  type Hex32,
  type ImplicitPolicy,
  implicitPolicy,
  type StateReader,
  type Tx,
  type Verify,
  verifyEd25519,
} from '@consilium/core';
import type { AnchorSecrets } from '../anchor/anchor.ts';
import type { DocumentProof } from '../anchor/proof-file.ts';
import { proveDocument } from '../anchor/prove.ts';
import { type EmergencyView, readEmergencies } from '../emergency/worklist.ts';
import { type FollowOptions, followEvents } from '../events/follow.ts';
import type { LedgerEvent } from '../events/order.ts';
import { type GovernanceView, readGovernance } from '../governance/views.ts';
import type { Signer } from '../keys/derive.ts';
import { type Pause, pause } from '../net/pause.ts';
import { createAskNode, type Fetch, nodeUrl } from '../net/transport.ts';
import { type Now, type RandomBytes, systemNow, systemRandom } from '../random.ts';
import { type CertifiedBlock, type CertifiedHeader, findBlock, findHeader } from './blocks.ts';
import { type ChainMemory, createChain } from './chain.ts';
import { type DelegationView, type GroupView, readDelegations, readGroups } from './consent-queries.ts';
import {
  type AccountView,
  type AnchorView,
  type ConsentView,
  type CredentialView,
  type EvidenceView,
  type InstitutionView,
  type ListPage,
  type ListPart,
  type ProposalView,
  readAccount,
  readAnchor,
  readAnchors,
  readConsents,
  readCredentials,
  readEvidence,
  readInstitution,
  readInstitutionNamed,
  readProposals,
  readValidators,
  type ValidatorView,
} from './queries.ts';
import { type Answer, type AsOf, readState } from './reading.ts';
import {
  type AccessView,
  type CustodyEpochView,
  type RecordView,
  readAccesses,
  readCustodyEpoch,
  readRecord,
  readRecords,
} from './record-queries.ts';
import { fetchRows, type ProvenRows, type RowKey } from './rows.ts';
import { askNodes, type ReadOptions, type Session } from './session.ts';
import { type DeadTx, type SettleOptions, settleTx } from './settle.ts';
import { type NodeStatus, readStatus } from './status.ts';
import { buildTx, type SubmitOptions, type SubmitOutcome, sendTx, type UnsettledTx } from './submit.ts';
import { type CertifiedTip, freshnessFloor, syncToTip } from './sync.ts';
import { findTx, type ProvenTx, type TxAnswer } from './transactions.ts';
import { createTurns } from './turns.ts';

export interface ClientOptions {
  /** Base of one node's API, or of several with commas between; or several in `nodes`. Asked in this order. */
  readonly node?: string;
  readonly nodes?: readonly string[];
  /** The one thing that is trusted: every answer is checked from it. */
  readonly genesis: Genesis;
  /** What an earlier client of this network remembered (`memory()`): older answers are refused from the start. */
  readonly memory?: ChainMemory;
  /** No answer below this height is taken. */
  readonly minHeight?: number;
  /** Takes answers as they come, unchecked. */
  readonly trustNode?: boolean;
  readonly fetch?: Fetch;
  readonly now?: Now;
  readonly random?: RandomBytes;
  readonly verify?: Verify;
  readonly pause?: Pause;
}

/**
 * Questions reject with `PROOF_INVALID` (the node lies), `STALE` (it is behind what was seen or asked for),
 * `NODE_UNREACHABLE`, or another code of the table; `null` stands for "proven that there is none".
 */
export interface Client {
  /** What the SDK's functions beside the client work with: its nodes, clock, randomness and engine of signatures. */
  readonly session: Session;
  readonly genesisHash: Hex32;
  readonly nodes: readonly string[];
  /** Follows the chain to the tip and gives what is certified there. */
  readonly tip: (options?: ReadOptions) => Promise<CertifiedTip>;
  /** Each node's own words, unproven. */
  readonly status: (node?: string) => Promise<NodeStatus>;
  readonly account: (id: Hex32, options?: ReadOptions) => Promise<Answer<AccountView | null>>;
  readonly institution: (id: Hex32, options?: ReadOptions) => Promise<Answer<InstitutionView | null>>;
  readonly institutionNamed: (name: string, options?: ReadOptions) => Promise<Answer<InstitutionView | null>>;
  readonly validators: (options?: ReadOptions) => Promise<Answer<readonly ValidatorView[]>>;
  readonly proposals: (options?: ReadOptions) => Promise<Answer<readonly ProposalView[]>>;
  /** Validators, learners, observers, open proposals, parameters and version, all of one block. */
  readonly governance: (options?: ReadOptions) => Promise<Answer<GovernanceView>>;
  readonly credentials: (
    institution: Hex32,
    options?: ListOptions,
  ) => Promise<Answer<ListPage<CredentialView>>>;
  readonly consents: (patient: Hex32, options?: ListOptions) => Promise<Answer<ListPage<ConsentView>>>;
  /** Groups that an institution has named. */
  readonly groups: (institution: Hex32, options?: ListOptions) => Promise<Answer<ListPage<GroupView>>>;
  /** Whoever acts, or acted, for the patient. */
  readonly delegations: (patient: Hex32, options?: ListOptions) => Promise<Answer<ListPage<DelegationView>>>;
  /** What holds where no consent speaks. */
  readonly policy: (options?: ReadOptions) => Promise<Answer<ImplicitPolicy>>;
  readonly anchors: (institution: Hex32, options?: ListOptions) => Promise<Answer<ListPage<AnchorView>>>;
  readonly anchor: (
    institution: Hex32,
    root: Hex32,
    options?: ReadOptions,
  ) => Promise<Answer<AnchorView | null>>;
  readonly evidence: (options?: ListOptions) => Promise<Answer<ListPage<EvidenceView>>>;
  /** All records registered of a patient under this pseudonym, in order of registration. */
  readonly records: (patient: Hex32, options?: ListOptions) => Promise<Answer<ListPage<RecordView>>>;
  readonly record: (id: Hex32, options?: ReadOptions) => Promise<Answer<RecordView | null>>;
  /** All attempts to open records of this pseudonym, permitted or not. */
  readonly accesses: (patient: Hex32, options?: ListOptions) => Promise<Answer<ListPage<AccessView>>>;
  /** Every emergency of an institution's clinicians, in order of their opening. */
  readonly emergencies: (
    institution: Hex32,
    options?: ListOptions,
  ) => Promise<Answer<ListPage<EmergencyView>>>;
  /** Who keeps the shares of new records; or of the epoch with this number. */
  readonly custodyEpoch: (epoch?: number, options?: ReadOptions) => Promise<Answer<CustodyEpochView | null>>;
  /** Any reading code over proven rows, all of one block. */
  readonly read: <T>(
    read: (state: StateReader, asOf: AsOf) => T,
    options?: ReadOptions,
  ) => Promise<Answer<T>>;
  /** Rows with their proofs, to be kept. */
  readonly proveRows: (keys: readonly RowKey[], options?: ReadOptions) => Promise<ProvenRows>;
  /** The proof file's content for one document of an anchor: checked, and from here on verifiable offline. */
  readonly proveDocument: (
    secrets: AnchorSecrets,
    index: number,
    options?: ReadOptions,
  ) => Promise<DocumentProof>;
  readonly block: (height: number, options?: ReadOptions) => Promise<CertifiedBlock>;
  readonly header: (height: number, options?: ReadOptions) => Promise<CertifiedHeader>;
  readonly tx: (id: Hex32, options?: ReadOptions) => Promise<TxAnswer>;
  readonly buildTx: (actions: readonly Action[], signer: Signer) => Tx;
  /** Signs once and sends these bytes until they are committed and proven, or their time is over. */
  readonly submit: (
    actions: readonly Action[],
    signer: Signer,
    options?: SubmitOptions,
  ) => Promise<SubmitOutcome>;
  /** Sends a signed transaction, again or for the first time. */
  readonly send: (tx: Tx, options?: SubmitOptions) => Promise<SubmitOutcome>;
  /** Finds out what became of a transaction whose time is over: committed, dead, or not to be known yet. */
  readonly settle: (tx: Tx, options?: SettleOptions) => Promise<ProvenTx | DeadTx | UnsettledTx>;
  readonly follow: (options?: FollowOptions) => AsyncGenerator<LedgerEvent, void>;
  /** What to keep, so that a later client refuses what is older than this one has seen. */
  readonly memory: () => ChainMemory;
}

export type ListOptions = ReadOptions & ListPart;

/** Throws `VALUE_INVALID` for a malformed node URL, none at all, or a memory of another network. */
export function createClient(options: ClientOptions): Client {
  const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
  const session = createSession(options, fetch);
  return {
    session,
    ...ledgerQuestions(session, options.genesis),
    ...chainQuestions(session),
    ...commands(session, fetch),
    proveDocument: (secrets, index, asked) => proveDocument(session, secrets, index, asked),
  };
}

function createSession(options: ClientOptions, fetch: Fetch): Session {
  const nodes = [...(options.node?.split(',') ?? []), ...(options.nodes ?? [])].map(nodeUrl);
  if (nodes.length === 0) throw new ConsiliumError('VALUE_INVALID', { field: 'node', rule: 'none given' });
  const now = options.now ?? systemNow;
  const turns = createTurns([...new Set(nodes)], createAskNode(fetch), now);
  return {
    get nodes() {
      return turns.inTurn();
    },
    ask: turns.ask,
    chain: createChain(options.genesis, options.verify ?? verifyEd25519, options.memory),
    now,
    random: options.random ?? systemRandom,
    pause: options.pause ?? pause,
    verify: options.verify ?? verifyEd25519,
    minHeight: options.minHeight ?? 0,
    trustNode: options.trustNode ?? false,
  };
}

type LedgerQuestions = Pick<
  Client,
  | 'accesses'
  | 'account'
  | 'anchor'
  | 'anchors'
  | 'consents'
  | 'credentials'
  | 'custodyEpoch'
  | 'emergencies'
  | 'delegations'
  | 'evidence'
  | 'governance'
  | 'groups'
  | 'institution'
  | 'institutionNamed'
  | 'policy'
  | 'proposals'
  | 'read'
  | 'record'
  | 'records'
  | 'validators'
>;

function ledgerQuestions(session: Session, genesis: Genesis): LedgerQuestions {
  const read: Client['read'] = (reading, options) => readState(session, reading, options);
  return {
    read,
    account: (id, options) => read((state) => readAccount(state, id), options),
    institution: (id, options) => read((state) => readInstitution(state, id), options),
    institutionNamed: (name, options) => read((state) => readInstitutionNamed(state, name), options),
    validators: (options) => read(readValidators, options),
    proposals: (options) => read(readProposals, options),
    governance: (options) => read((state, asOf) => readGovernance(state, asOf, genesis), options),
    credentials: (institution, options = {}) =>
      read((state) => readCredentials(state, institution, options), options),
    consents: (patient, options = {}) =>
      read((state, asOf) => readConsents(state, asOf, patient, options), options),
    groups: (institution, options = {}) => read((state) => readGroups(state, institution, options), options),
    delegations: (patient, options = {}) =>
      read((state, asOf) => readDelegations(state, asOf, patient, options), options),
    policy: (options) => read(implicitPolicy, options),
    anchors: (institution, options = {}) =>
      read((state) => readAnchors(state, institution, options), options),
    anchor: (institution, root, options) => read((state) => readAnchor(state, institution, root), options),
    evidence: (options = {}) => read((state) => readEvidence(state, options), options),
    records: (patient, options = {}) => read((state) => readRecords(state, patient, options), options),
    record: (id, options) => read((state) => readRecord(state, id), options),
    accesses: (patient, options = {}) => read((state) => readAccesses(state, patient, options), options),
    emergencies: (institution, options = {}) =>
      read((state, asOf) => readEmergencies(state, asOf, institution, options), options),
    custodyEpoch: (epoch, options) => read((state) => readCustodyEpoch(state, epoch), options),
  };
}

type ChainQuestions = Pick<
  Client,
  'block' | 'genesisHash' | 'header' | 'memory' | 'nodes' | 'proveRows' | 'status' | 'tip' | 'tx'
>;

function chainQuestions(session: Session): ChainQuestions {
  const { nodes } = session;
  return {
    genesisHash: session.chain.genesisHash,
    nodes,
    memory: session.chain.memory,
    tip: (options) => syncToTip(session, options),
    status: (node) => readStatus(session, node ?? (nodes[0] as string)),
    block: (height, options) => findBlock(session, height, options),
    header: (height, options) => findHeader(session, height, options),
    tx: (id, options) => findTx(session, id, options),
    proveRows: async (keys, options = {}) => {
      const floor = await freshnessFloor(session, options);
      return askNodes(session, (node) => fetchRows(session, node, keys, floor));
    },
  };
}

type Commands = Pick<Client, 'buildTx' | 'follow' | 'send' | 'settle' | 'submit'>;

function commands(session: Session, fetch: Fetch): Commands {
  return {
    buildTx: (actions, signer) => buildTx(session, actions, signer),
    submit: (actions, signer, options) => sendTx(session, buildTx(session, actions, signer), options),
    send: (tx, options) => sendTx(session, tx, options),
    settle: (tx, options) => settleTx(session, tx, options),
    follow: (options = {}) => followEvents(session, fetch, options),
  };
}
