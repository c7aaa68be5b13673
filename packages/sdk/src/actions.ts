// Owns: the actions of a transaction from what a person has in hand: names in place of tags, sets in any order. Does
// not own: their rules (core's ledger).
import {
  type Action,
  actionOf,
  type ClinicianRole,
  type ConsensusParams,
  type ConsentTerms,
  canonicalSet,
  type DelegationTerms,
  type ErasureReason,
  type GovernedChange,
  type Hex32,
  type ImplicitPolicy,
  paramsHash,
  type RefusalGround,
  type ReviewVerdict,
  type SecretKey,
  signPossession,
  type ValidatorCard,
} from '@consilium/core';
import type { AnchorSecrets } from './anchor/anchor.ts';
import { type ConsentInWords, consentTerms } from './consents/words.ts';
import type { EnrolmentRequest } from './keys/wallet.ts';

/** What turns words into tags: of the patient's enrolment. */
export interface TagKey {
  readonly tagSecret: Hex32;
  readonly tagGeneration: number;
}

export interface CredentialRequest {
  readonly role: ClinicianRole;
  readonly speciality: string | null;
  readonly emergency: boolean;
}

/** Sent by the institution, with what the patient's wallet made (`enrolmentRequest`). */
export function enrolPatient(request: EnrolmentRequest): Action {
  return actionOf('identity.enrolPatient', request);
}

/** Sent by the institution. `key`: the clinician's; it signs that it wants this institution. */
export function issueCredential(
  genesis: Hex32,
  institution: Hex32,
  key: SecretKey,
  credential: CredentialRequest,
): Action {
  const possession = signPossession(key, genesis, institution);
  return actionOf('identity.issueCredential', { key: key.publicKey, possession, ...credential });
}

export function withdrawCredential(index: number): Action {
  return actionOf('identity.withdrawCredential', { index });
}

/** Sent by the account itself, signed with its old key. `encryptionKey`: a patient's new one; null keeps it. */
export function rotateKey(
  genesis: Hex32,
  account: Hex32,
  newKey: SecretKey,
  encryptionKey: Hex32 | null = null,
): Action {
  const possession = signPossession(newKey, genesis, account);
  return actionOf('identity.rotateKey', { key: newKey.publicKey, possession, encryptionKey });
}

/** Sent by the patient, or who acts for the patient. Categories and labels leave this function as tags only. */
export function grantConsent(words: ConsentInWords, tagKey: TagKey & { readonly account: Hex32 }): Action {
  return grantTerms(tagKey.account, consentTerms(words, tagKey));
}

export function grantTerms(patient: Hex32, terms: ConsentTerms): Action {
  return actionOf('consent.grant', { patient, terms });
}

/** Sent by the authoring institution or one of its clinicians. From its block on nobody opens them, and custodians destroy. */
export function eraseRecords(patient: Hex32, records: readonly Hex32[], reason: ErasureReason): Action {
  return actionOf('record.erase', { patient, records: canonicalSet(records), reason });
}

/** Sent by the patient, or who acts for the patient: the author decides. */
export function requestErasure(patient: Hex32, records: readonly Hex32[], reason: ErasureReason): Action {
  return actionOf('record.requestErasure', { patient, records: canonicalSet(records), reason });
}

/** Sent by the institution that keeps the patient's records: why they stay. */
export function refuseErasure(patient: Hex32, request: number, ground: RefusalGround): Action {
  return actionOf('record.refuseErasure', { patient, request, ground });
}

/** Sent by the authoring institution or one of its clinicians: the record was entered in error. */
export function retractRecord(record: Hex32): Action {
  return actionOf('record.retract', { record });
}

/** Sent by the patient, or who acts for the patient. */
export function revokeConsent(patient: Hex32, index: number): Action {
  return actionOf('consent.revoke', { patient, index });
}

/** Sent by the institution. `index`: the group whose members these are from now on; null: a new one. Members in any order. */
export function putGroup(index: number | null, members: readonly Hex32[]): Action {
  return actionOf('group.put', { index, members: canonicalSet(members) });
}

/** A proxy, sent by the patient; a guardian, sent by the institution that enrolled the patient. */
export function appointDelegate(patient: Hex32, terms: DelegationTerms): Action {
  return actionOf('identity.appointDelegate', { patient, ...terms, scopes: canonicalSet(terms.scopes) });
}

/** Sent by the patient, the delegate, or who appointed. */
export function endDelegation(patient: Hex32, index: number): Action {
  return actionOf('identity.endDelegation', { patient, index });
}

/** Sent by the institution that the anchor names. `schema`: what kind of documents, as a code. */
export function commitAnchor(secrets: AnchorSecrets, schema: string): Action {
  return actionOf('anchor.commit', { root: secrets.root, count: secrets.documents.length, schema });
}

/** Sent by a privacy officer. `index`: in the worklist of the own institution. */
export function reviewEmergency(index: number, verdict: ReviewVerdict): Action {
  return actionOf('emergency.review', { index, verdict });
}

/** Sent by the clinician's institution, after a review found one unjustified. */
export function reinstateEmergency(clinician: Hex32): Action {
  return actionOf('emergency.reinstate', { clinician });
}

/** Any change that the hospitals govern by vote. */
export function proposalOf(change: GovernedChange): Action {
  return actionOf('institutions.propose', { change });
}

/** `current`: those that the change was made from; it is refused once others were decided. */
export function paramsChangeOf(current: ConsensusParams, params: ConsensusParams): GovernedChange {
  return { type: 'params', replaces: paramsHash(current), params };
}

export function proposeAdmission(card: ValidatorCard): Action {
  return actionOf('institutions.propose', { change: { type: 'admit', card } });
}

/** An auditor that follows and never votes. */
export function proposeObservation(card: ValidatorCard): Action {
  return actionOf('institutions.propose', { change: { type: 'observe', card } });
}

/** Other keys and addresses: those of the card, which bears the institution's name. */
export function proposeRotation(institution: Hex32, card: ValidatorCard): Action {
  return actionOf('institutions.propose', { change: { type: 'rotate', institution, card } });
}

export function proposeParams(current: ConsensusParams, params: ConsensusParams): Action {
  return proposalOf(paramsChangeOf(current, params));
}

/** From `height` on blocks are of this version of the protocol. */
export function proposeUpgrade(version: number, height: number): Action {
  return actionOf('institutions.propose', { change: { type: 'upgrade', version, height } });
}

/** `confirmName`: the institution's name, where the removal ends fault tolerance and is wanted all the same. */
export function proposeRemoval(institution: Hex32, confirmName: string | null): Action {
  return actionOf('institutions.propose', { change: { type: 'remove', institution, confirmName } });
}

/** What holds where no consent speaks. */
export function proposePolicy(policy: ImplicitPolicy): Action {
  return proposalOf({ type: 'policy', policy });
}

export function approveProposal(proposal: Hex32): Action {
  return actionOf('institutions.approve', { proposal });
}

/** Sent by who opened it. */
export function withdrawProposal(proposal: Hex32): Action {
  return actionOf('institutions.withdraw', { proposal });
}

/** Sent by a learner that has caught up. A daemon sends it by itself. */
export function joinSet(): Action {
  return actionOf('institutions.join', {});
}

/** Sent by the institution: where its node listens from now on. Multiaddrs without the peer id. */
export function moveTo(addresses: readonly string[]): Action {
  return actionOf('institutions.move', { addresses });
}

/** Changes nothing: a later block of a chain that was idle. */
export function noop(): Action {
  return actionOf('chain.noop', {});
}
