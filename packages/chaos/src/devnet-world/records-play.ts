// Owns: one client of a devnet that seals records of a patient, opens them again, and tries to open them as somebody who
// may not. Does not own: when it does so (workload.ts).
import { custodyThreshold, equalBytes, type Hex32, isConsiliumError } from '@consilium/core';
import {
  type Client,
  collectRecords,
  ingestRecords,
  type Liar,
  openRecords,
  type RegisteredPatient,
  requestAccess,
  type Signer,
  wholeContent,
} from '@consilium/sdk';
import type { Prng } from '@consilium/sim';
import { type History, reached, violate } from '../history/history.ts';
import { releasingCustodians } from './denied-ask.ts';
import { enrol } from './enrol.ts';
import type { ClientPlay, Door, Workload } from './workload.ts';

interface Known {
  readonly record: Hex32;
  readonly bytes: Uint8Array;
}

interface Ward {
  /** Talks to every node, and tells the workload of each transaction that it sends. */
  readonly client: Client;
  readonly history: History;
  /** Of the institution that wrote the records: it may always read them. */
  readonly author: Signer;
  readonly patient: RegisteredPatient;
  readonly records: Known[];
}

/** A client that gets nowhere for so long gives up and does something else. */
const PATIENCE_MS = 8_000;
const BYTES_MAX = 2_000;

export async function createRecordsPlay(
  workload: Workload,
  history: History,
  prng: Prng,
): Promise<ClientPlay> {
  const author = prng.pick(workload.doors);
  const { enrolment, encryptionKey } = await enrol(workload, author, prng);
  const { account, tagSecret, tagGeneration } = enrolment;
  const patient = { local: 'chaos', account, encryptionKey, tagSecret, tagGeneration };
  const ward: Ward = {
    client: workload.notingClient(),
    history,
    author: author.signer,
    patient,
    records: [],
  };
  return (_write, doors, draws) => actOnce(ward, doors, draws);
}

async function actOnce(ward: Ward, doors: readonly Door[], prng: Prng): Promise<void> {
  const drawn = prng.fraction();
  try {
    if (ward.records.length === 0 || drawn < 0.4) await author(ward, prng);
    else if (drawn < 0.7) await reopen(ward, prng.pick(ward.records));
    else await pry(ward, doors, prng);
  } catch (error) {
    // Nobody answered, too few custodians did, or the ledger refused: no record was promised or given.
    if (!isConsiliumError(error)) throw error;
  }
}

async function author(
  { client, author: signer, patient, records, history }: Ward,
  prng: Prng,
): Promise<void> {
  const bytes = prng.bytes(prng.between(1, BYTES_MAX));
  const source = {
    kind: 'file' as const,
    ...{ source: 'chaos', patient, mediaType: 'application/octet-stream', name: null, month: null },
    bytes: bytes.length,
    open: async function* () {
      yield bytes;
    },
  };
  const ingested = await ingestRecords(client, [source], { signer, timeoutMs: PATIENCE_MS });
  for (const { record } of ingested) records.push({ record, bytes });
  reached(history, 'record-registered');
}

async function reopen({ client, author: signer, patient, history }: Ward, known: Known): Promise<void> {
  const opened = await openRecords(client, {
    patient: patient.account,
    selection: { type: 'records', records: [known.record] },
    purpose: 'TREAT',
    signer,
    timeoutMs: PATIENCE_MS,
  });
  noteLiars(history, opened.liars);
  for (const { content } of opened.records) {
    if (content === null) continue;
    const { bytes } = await wholeContent(content);
    reached(history, 'record-opened');
    history.looked.add('records');
    if (opened.liars.length > 0) reached(history, 'opened-beside-a-liar');
    if (!equalBytes(bytes, known.bytes))
      violate(history, 'records', `record ${known.record} came back as something else`);
  }
}

/** Of a share that is not what its custodian signed, the node between may be the author. */
function noteLiars(history: History, liars: readonly Liar[]): void {
  for (const { institution, name, reason } of liars) {
    reached(history, 'liar-named');
    if (reason === 'unsigned' || history.hostile.has(institution)) continue;
    violate(history, 'records', `${name} is named for a false ${reason}`, { nodes: [institution] });
  }
}

/** Another institution, to which the patient never consented. */
async function pry(
  { client, author: own, patient, records, history }: Ward,
  doors: readonly Door[],
  prng: Prng,
): Promise<void> {
  const strangers = doors.filter(({ signer }) => signer.account !== own.account);
  if (strangers.length === 0) return;
  const known = prng.pick(records);
  const stranger = prng.pick(strangers);
  const ticket = await requestAccess(client, {
    patient: patient.account,
    selection: { type: 'records', records: [known.record] },
    purpose: 'TREAT',
    signer: stranger.signer,
    timeoutMs: PATIENCE_MS,
  });
  const convict = (what: string, nodes: readonly Hex32[] = []): void =>
    violate(history, 'confidentiality', `${what} ${known.record}, and nobody had permitted it`, { nodes });
  const opened = await collectRecords(client, ticket, stranger.signer);
  reached(history, 'record-denied');
  history.looked.add('confidentiality');
  if (opened.records.some(({ content }) => content !== null)) convict(`${stranger.name} opened`);
  const honest = doors.filter(({ id }) => !history.hostile.has(id));
  if (honest.length === 0) return;
  const releasing = await releasingCustodians(prng.pick(honest).client, ticket, stranger.signer);
  for (const custodian of releasing)
    if (history.hostile.has(custodian)) reached(history, 'released-without-permit');
    else convict('a custodian released its share of', [custodian]);
  if (releasing.length >= custodyThreshold(doors.length)) convict('enough custodians released to open');
}
