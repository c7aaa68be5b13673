// Accounts and transactions of a test chain in one line each.
import {
  ACCOUNTS,
  type Account,
  type Action,
  accountIdOf,
  actionOf,
  buildBlock,
  type ClinicianRole,
  type ConsentPeriod,
  type ConsentTerms,
  canonicalSet,
  type DataPeriod,
  type GovernedChange,
  type Hex32,
  hashHex,
  OPEN_RULE,
  type Purpose,
  readRow,
  type SecretKey,
  signPossession,
  type TxResult,
  utf8,
  type ValidatorCard,
} from '../../src/index.ts';
import { type Chain, type Hospital, keyOf } from './chain.ts';

export interface Person {
  readonly id: Hex32;
  readonly key: SecretKey;
}

export function asPerson({ id, account }: Hospital): Person {
  return { id, key: account };
}

/** Commits one transaction in a block of its own and gives its result. */
export function submit(chain: Chain, { id, key }: Person, ...actions: readonly Action[]): TxResult {
  const { execution, refused } = chain.commit([chain.tx(id, key, actions)]);
  const [result] = execution.results;
  if (result === undefined) throw new Error(`refused: ${[...refused.values()].join()}`);
  return result;
}

export function codeOfSubmit(chain: Chain, sender: Person, ...actions: readonly Action[]): string {
  return submit(chain, sender, ...actions).code;
}

export function enrolment(chain: Chain, by: Hospital, name: string): Action {
  const key = keyOf(name);
  const possession = signPossession(key, chain.deps.genesisHash, by.id);
  return actionOf('identity.enrolPatient', {
    key: key.publicKey,
    possession,
    encryptionKey: hashHex(utf8(`encryption key of ${name}`)),
  });
}

export function personOf(name: string): Person {
  const key = keyOf(name);
  return { id: accountIdOf(key.publicKey), key };
}

export function enrol(chain: Chain, by: Hospital, name: string): Person {
  const result = submit(chain, asPerson(by), enrolment(chain, by, name));
  if (result.code !== 'OK') throw new Error(result.code);
  return personOf(name);
}

export interface CredentialWish {
  readonly role?: ClinicianRole;
  readonly speciality?: string | null;
  readonly emergency?: boolean;
}

export function credentialing(chain: Chain, by: Hospital, name: string, wish: CredentialWish = {}): Action {
  const key = keyOf(name);
  return actionOf('identity.issueCredential', {
    key: key.publicKey,
    possession: signPossession(key, chain.deps.genesisHash, by.id),
    role: wish.role ?? 'doctor',
    speciality: wish.speciality === undefined ? '394579002' : wish.speciality,
    emergency: wish.emergency ?? false,
  });
}

export function credential(chain: Chain, by: Hospital, name: string): Person {
  const result = submit(chain, asPerson(by), credentialing(chain, by, name));
  if (result.code !== 'OK') throw new Error(result.code);
  return personOf(name);
}

export function rotation(chain: Chain, account: Hex32, newKey: SecretKey): Action {
  const possession = signPossession(newKey, chain.deps.genesisHash, account);
  return actionOf('identity.rotateKey', { key: newKey.publicKey, possession, encryptionKey: null });
}

export const TAG_A: string = 'a1'.repeat(16);
export const TAG_B: string = 'b2'.repeat(16);
export const TAG_C: string = 'c3'.repeat(16);
const YEAR_MS = 365 * 24 * 3_600_000;

/** What most consents say: one grantee, up to the normal level and these labels, an exception for those. */
export interface TermsWish {
  readonly categories?: readonly string[];
  readonly permittedLabels?: readonly string[];
  readonly excludedLabels?: readonly string[];
  readonly purposes?: readonly Purpose[];
  readonly period?: ConsentPeriod;
  readonly dataPeriod?: DataPeriod | null;
  readonly tagGeneration?: number;
}

export function consentTerms(chain: Chain, grantee: Hex32, wish: TermsWish = {}): ConsentTerms {
  const { time } = chain.view().tip;
  const excluded = wish.excludedLabels ?? [TAG_B];
  return {
    decision: 'permit',
    period: wish.period ?? { from: time - 1_000, until: time + YEAR_MS },
    rule: {
      ...OPEN_RULE,
      actors: [{ type: 'account', id: grantee }],
      purposes: wish.purposes ?? canonicalSet(['TREAT', 'CAREMGT'] as const),
      categories: wish.categories ?? [TAG_A],
      confidentiality: 'N',
      labels: wish.permittedLabels ?? [],
      dataPeriod: wish.dataPeriod ?? null,
    },
    exceptions: excluded.length === 0 ? [] : [{ ...OPEN_RULE, period: null, labels: excluded }],
    separateAuthorization: false,
    agreement: null,
    tagGeneration: wish.tagGeneration ?? 1,
  };
}

export function propose(chain: Chain, by: Hospital, change: GovernedChange): TxResult {
  return submit(chain, asPerson(by), actionOf('institutions.propose', { change }));
}

export function approve(chain: Chain, by: Hospital, proposal: Hex32): TxResult {
  return submit(chain, asPerson(by), actionOf('institutions.approve', { proposal }));
}

/** Proposed and approved by as many of these as it takes; fails the test when a step is refused. */
export function decide(chain: Chain, change: GovernedChange, voters: readonly Hospital[]): Hex32 {
  const [first, ...others] = voters as [Hospital, ...Hospital[]];
  const proposed = propose(chain, first, change);
  const id = proposed.outcomes[0]?.id;
  if (proposed.code !== 'OK' || typeof id !== 'string') throw new Error(proposed.code);
  for (const voter of others) {
    const { code } = approve(chain, voter, id);
    if (code !== 'OK') throw new Error(code);
  }
  return id;
}

/** A learner's node has caught up and asks for its place in the set. */
export function join(chain: Chain, learner: Hospital): TxResult {
  return submit(chain, asPerson(learner), actionOf('institutions.join', {}));
}

/** Admitted by as many of these as it takes, and joined; the set with it decides from the second height after. */
export function letIn(chain: Chain, newcomer: Hospital, voters: readonly Hospital[]): void {
  decide(chain, { type: 'admit', card: newcomer.card }, voters);
  const { code } = join(chain, newcomer);
  if (code !== 'OK') throw new Error(code);
}

export function accountOf(chain: Chain, id: Hex32): Account {
  const account = readRow(chain.view().state, ACCOUNTS, id);
  if (account === undefined) throw new Error('no such account');
  return account;
}

export function grantTo(chain: Chain, patient: Hex32, grantee: Hex32, wish: TermsWish = {}): Action {
  return granting(patient, consentTerms(chain, grantee, wish));
}

export function granting(patient: Hex32, terms: ConsentTerms): Action {
  return actionOf('consent.grant', { patient, terms });
}

export function revoking(patient: Hex32, index: number): Action {
  return actionOf('consent.revoke', { patient, index });
}

/** The result of one transaction in a block above the given height, as if nothing had changed until there. */
export function runAbove(
  chain: Chain,
  height: number,
  sender: Person,
  ...actions: readonly Action[]
): TxResult {
  const view = chain.view();
  const later = { ...view, tip: { ...view.tip, height } };
  const { execution } = buildBlock(chain.deps, later, {
    time: view.tip.time + 1_000,
    author: view.tip.id,
    lastCertificate: null,
    evidence: [],
    candidates: [chain.tx(sender.id, sender.key, actions)],
    txsMax: 1,
    txBytesMax: 65_536,
  });
  return execution.results[0] as TxResult;
}

/** The content of a card, to be signed anew. */
export function stripSignatures(
  card: ValidatorCard,
): Omit<ValidatorCard, 'accountSignature' | 'validatorSignature'> {
  const { accountSignature: _account, validatorSignature: _validator, ...content } = card;
  return content;
}
