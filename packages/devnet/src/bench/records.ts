// Owns: how fast records go in and come out of a running network: resources sealed and registered a second, and records
// opened a second by somebody whom the author's hospital employs. Does not own: starting the network, printing.
import {
  addEnrolment,
  ConsiliumError,
  createWallet,
  documentsOfBundle,
  enrolmentRequest,
  enrolPatient,
  type Hex32,
  ingestRecords,
  openRecords,
  type RegisteredPatient,
  wholeContent,
} from '@consilium/sdk';
import type { Devnet } from '../handle.ts';
import { sampleBundle } from '../sample/bundle.ts';

export interface RateFigures {
  readonly records: number;
  readonly seconds: number;
  readonly perSecond: number;
}

export interface Ingested {
  readonly figures: RateFigures;
  readonly patient: Hex32;
  readonly records: readonly Hex32[];
}

/** Validated, sealed, dealt to four, held durably by a quorum of custodians, registered and proven. */
export async function measureIngest(devnet: Devnet, resources: number): Promise<Ingested> {
  const client = devnet.client();
  const signer = await devnet.signer('a');
  const patient = await enrolled(devnet);
  const bundle = documentsOfBundle(sampleBundle({ resources, seed: 'bench' }));
  const sources = bundle.map((json, place) => ({
    kind: 'resource' as const,
    json,
    source: String(place),
    patient,
  }));
  const begun = performance.now();
  const ingested = await ingestRecords(client, sources, { signer });
  return {
    figures: rateOf(ingested.length, performance.now() - begun),
    patient: patient.account,
    records: ingested.map(({ record }) => record),
  };
}

/** Entered on the ledger, shares gathered from the custodians and checked, content fetched and decrypted. */
export async function measureOpening(
  devnet: Devnet,
  { patient, records }: Ingested,
  count: number,
): Promise<RateFigures> {
  const client = devnet.client();
  const signer = await devnet.signer('a');
  const wanted = records.slice(0, count);
  const begun = performance.now();
  const { records: opened } = await openRecords(client, {
    patient,
    selection: { type: 'records', records: wanted },
    purpose: 'TREAT',
    signer,
  });
  let readable = 0;
  for (const { content, decision, fault } of opened) {
    if (decision === 'deny') continue;
    if (content === null) throw new ConsiliumError(fault ?? 'CUSTODY_PACKAGE_MISSING');
    await wholeContent(content);
    readable += 1;
  }
  return rateOf(readable, performance.now() - begun);
}

function rateOf(records: number, tookMs: number): RateFigures {
  const seconds = tookMs / 1_000;
  return { records, seconds, perSecond: records / seconds };
}

async function enrolled(devnet: Devnet): Promise<RegisteredPatient> {
  const client = devnet.client();
  const signer = await devnet.signer('a');
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const { wallet, enrolment } = addEnrolment(
    createWallet(random),
    client.genesisHash,
    signer.account,
    random,
  );
  const request = enrolmentRequest(wallet, enrolment);
  await client.submit([enrolPatient(request)], signer);
  const { account, tagSecret, tagGeneration } = enrolment;
  return { local: 'bench', account, encryptionKey: request.encryptionKey, tagSecret, tagGeneration };
}
