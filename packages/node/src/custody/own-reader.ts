// Owns: what a patient opens the own records with, for who signs with the patient's own key. Does not own: access by
// others (releaser.ts). It is the one reading without an entry on the ledger.
import {
  ACCOUNTS,
  BATCHES,
  ConsiliumError,
  type CustodyPackage,
  decodeOwnRequest,
  type Hex32,
  isConsiliumError,
  isErased,
  isRequestSigned,
  type OwnRecord,
  type OwnRequest,
  RECORDS,
  type RecordRow,
  readRow,
} from '@consilium/core';
import type { Holdings } from './holdings.ts';
import { findRegistered, type RegisteredSourceDeps } from './registered-source.ts';
import { storedPackage } from './stored-package.ts';
import type { Outcome } from './types.ts';

export interface OwnReaderDeps extends RegisteredSourceDeps {
  readonly holdings: Holdings;
}

interface OwnPlace {
  readonly record: Hex32;
  readonly row: RecordRow;
}

/**
 * In the order asked. Left out: what is no record of this patient, was retracted or erased. Refuses with `ENCODING_INVALID`,
 * `TX_SIGNATURE_INVALID`, `CUSTODY_PACKAGE_MISSING` when a batch lies neither here nor with a connected custodian.
 */
export function readOwn(
  deps: OwnReaderDeps,
  bytes: Uint8Array,
  done: (result: Outcome<readonly OwnRecord[]>) => void,
): void {
  let request: OwnRequest;
  try {
    request = checkedRequest(deps, bytes);
  } catch (error) {
    if (isConsiliumError(error)) return done(error);
    throw error;
  }
  const places = ownPlaces(deps, request);
  const batches = [...new Set(places.map(({ row }) => row.batch))];
  const packages = new Map<Hex32, CustodyPackage>();
  const step = (): void => {
    const batch = batches.shift();
    if (batch === undefined)
      return done(ownPlaces(deps, request).flatMap((place) => ownRecord(place, packages)));
    packageOf(deps, batch, (content) => {
      if (content === undefined) return done(new ConsiliumError('CUSTODY_PACKAGE_MISSING'));
      packages.set(batch, content);
      step();
    });
  };
  step();
}

function checkedRequest({ rules }: OwnReaderDeps, bytes: Uint8Array): OwnRequest {
  const signed = decodeOwnRequest(bytes);
  const account = readRow(rules.state, ACCOUNTS, signed.request.patient);
  const isPatient = account?.kind === 'patient';
  if (!isPatient || !isRequestSigned(rules.verify, rules.genesisHash, account.key, signed))
    throw new ConsiliumError('TX_SIGNATURE_INVALID');
  return signed.request;
}

function ownPlaces({ rules }: OwnReaderDeps, { patient, records }: OwnRequest): readonly OwnPlace[] {
  return [...new Set(records)].flatMap((record) => {
    const row = readRow(rules.state, RECORDS, record);
    return row?.patient === patient && row.retractedHeight === null && row.erasedHeight === null
      ? [{ record, row }]
      : [];
  });
}

function packageOf(
  deps: OwnReaderDeps,
  batch: Hex32,
  done: (content: CustodyPackage | undefined) => void,
): void {
  const row = readRow(deps.rules.state, BATCHES, batch);
  if (row === undefined) return done(undefined);
  const held = storedPackage(deps.holdings.package(batch, row.epoch));
  if (held !== undefined) return done(held);
  findRegistered(deps, { batch, row, accept: (_, verdict) => verdict(true) }, (found) =>
    done(found?.view.content),
  );
}

function ownRecord(
  { record, row }: OwnPlace,
  packages: ReadonlyMap<Hex32, CustodyPackage>,
): readonly OwnRecord[] {
  const sealed = packages.get(row.batch)?.records[row.position];
  if (sealed?.commitment !== record || isErased(sealed)) return [];
  const { salt, chunks } = sealed;
  const wrap = row.effects.includes('closed-to-patient') ? null : sealed.wrap;
  return [{ record, salt, chunks, wrap }];
}
