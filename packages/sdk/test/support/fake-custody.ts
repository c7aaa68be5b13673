// The custody API over custodians in memory: real keys, shares and envelopes, and the ledger's own decisions. A node keeps
// what it is sent; the others get it from there with the package. Custodians die and lie when a test tells them to.
import {
  ACCOUNTS,
  authoredFault,
  batchProver,
  byteString,
  ConsiliumError,
  type CustodyPackage,
  currentEpoch,
  custodianIndex,
  custodyEpoch,
  custodyThreshold,
  decode,
  decodeOwnRequest,
  decodePackage,
  decodeReleaseRequest,
  type ErrorCode,
  encode,
  encodeOwnRecords,
  encodeRelease,
  encodeReleased,
  falseShares,
  fromHex,
  type Hex32,
  hashHex,
  isConsiliumError,
  isDealingSigned,
  isRequestSigned,
  leavesOf,
  list,
  nobleGroup,
  nullable,
  RECORDS,
  type Receipt,
  type Release,
  type ReleasedRecord,
  type ReleaseRequest,
  readRow,
  receiptsNeeded,
  releaseInfo,
  requireAccess,
  requireReleasable,
  type Signed,
  type StateReader,
  sha256,
  shareInfo,
  signReceipt,
  signRelease,
  toHex,
  utf8,
} from '@consilium/core';
import { type EncryptionKey, encryptionKeyFromSeed, seal, unsealShares } from '@consilium/sealing';
import { FOUNDERS, type Hospital, hospital } from '../../../core/test/kit/chain.ts';

import { createFakeLedger, createFakeNode, type FakeLedger, type FakeNode } from './fake-node.ts';

export function custodyKeyOf(name: string): EncryptionKey {
  return encryptionKeyFromSeed(sha256(utf8(`custody seed of ${name}`)));
}

export const publicCustodyKeyOf = (name: string): Hex32 => custodyKeyOf(name).publicKey;

export interface FakeCustodian {
  readonly hospital: Hospital;
  readonly blobs: Map<Hex32, Uint8Array>;
  readonly packages: Map<Hex32, CustodyPackage>;
  down: boolean;
  /** Records that it hands out in one answer. */
  fits: number;
  /** Changes what it releases, before it seals and signs. */
  lie: ((released: readonly ReleasedRecord[]) => readonly ReleasedRecord[]) | undefined;
  /** Changes what it answers, after it signed. */
  forge: ((release: Release) => Release) | undefined;
}

export interface FakeCustody {
  readonly ledger: FakeLedger;
  readonly nodes: readonly FakeNode[];
  readonly custodians: readonly FakeCustodian[];
  /** Added when their hospital is admitted. */
  readonly join: (name: string) => FakeCustodian;
  /** Called before a request of the custody API is answered; may throw, or take the node down. */
  before: (node: FakeNode, path: string) => void;
}

const blobsShape = list(byteString(2 ** 21), 64, 1);
const foundShape = list(nullable(byteString(2 ** 21)), 64);

export function createFakeCustody(names: readonly string[] = FOUNDERS.slice(0, 4)): FakeCustody {
  const ledger = createFakeLedger(names, {}, publicCustodyKeyOf);
  const custodians: FakeCustodian[] = [];
  const join = (name: string): FakeCustodian => {
    const custodian: FakeCustodian = {
      hospital: hospital(name, true, publicCustodyKeyOf),
      blobs: new Map(),
      packages: new Map(),
      down: false,
      fits: 64,
      lie: undefined,
      forge: undefined,
    };
    custodians.push(custodian);
    return custodian;
  };
  for (const name of names) join(name);
  const nodes = names.map((_, place) => createFakeNode(ledger, place));
  const custody: FakeCustody = { ledger, nodes, custodians, join, before: () => undefined };
  nodes.forEach((node, place) => {
    node.custody = async (path, init) => {
      custody.before(node, path);
      if (node.down) throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
      return answer(custody, custodians[place] as FakeCustodian, path, init.body);
    };
  });
  return custody;
}

const octets = (bytes: Uint8Array): Response => new Response(bytes.slice());

async function answer(
  custody: FakeCustody,
  own: FakeCustodian,
  path: string,
  body: unknown,
): Promise<Response> {
  const route = path.split('?')[0];
  if (route === '/v1/custody/blobs') {
    const blobs = decode(blobsShape, body as Uint8Array, 4 * 1024 * 1024);
    const ids = blobs.map(hashHex);
    ids.forEach((id, index) => {
      own.blobs.set(id, blobs[index] as Uint8Array);
    });
    return Response.json({ ids });
  }
  if (route === '/v1/custody/blobs/read') {
    const { ids } = JSON.parse(String(body)) as { ids: Hex32[] };
    const stores = [own, ...custody.custodians.filter(({ down }) => !down)];
    const find = (id: Hex32): Uint8Array | null =>
      stores.find(({ blobs }) => blobs.has(id))?.blobs.get(id) ?? null;
    return octets(encode(foundShape, ids.map(find)));
  }
  if (route === '/v1/custody/packages') return Response.json(await deposit(custody, own, body as Uint8Array));
  if (route === '/v1/custody/releases')
    return Response.json(await releases(custody, body as Uint8Array, path.endsWith('wait=all')));
  if (route === '/v1/custody/own') return octets(ownRecords(custody, body as Uint8Array));
  throw new ConsiliumError('ROUTE_NOT_FOUND');
}

async function deposit(
  { ledger, custodians }: FakeCustody,
  own: FakeCustodian,
  bytes: Uint8Array,
): Promise<unknown> {
  const custodyPackage = decodePackage(bytes);
  const blobs = custodyPackage.records.flatMap(({ chunks }) => chunks);
  if (!blobs.every(({ id }) => own.blobs.has(id))) throw new ConsiliumError('CUSTODY_PACKAGE_MISSING');
  const { state } = ledger.chain.view();
  const epoch = custodyEpoch(state, custodyPackage.epoch);
  const members = epoch?.custodians ?? [];
  const receipts: Receipt[] = [];
  const missing: unknown[] = [];
  for (const [place, { id }] of members.entries()) {
    const custodian = custodians.find((each) => each.hospital.id === id);
    const taken = await codeOf(() => take(ledger, custodian, own, custodyPackage));
    if (typeof taken === 'string')
      missing.push({ index: place + 1, institution: id, name: custodian?.hospital.name, code: taken });
    else receipts.push(taken);
  }
  return {
    batch: custodyPackage.batch,
    epoch: custodyPackage.epoch,
    needed: receiptsNeeded(members.length),
    receipts,
    missing,
  };
}

async function codeOf<T extends object>(act: () => Promise<T>): Promise<T | ErrorCode> {
  try {
    return await act();
  } catch (error) {
    if (isConsiliumError(error)) return error.code;
    throw error;
  }
}

/** A custodian checks all that a real one checks, and signs. */
async function take(
  { chain }: FakeLedger,
  custodian: FakeCustodian | undefined,
  from: FakeCustodian,
  custodyPackage: CustodyPackage,
): Promise<Receipt> {
  const { state } = chain.view();
  const { batch, epoch, records, dealings, sender } = custodyPackage;
  if (custodian === undefined || custodian.down) throw new ConsiliumError('NODE_UNREACHABLE');
  if (epoch !== currentEpoch(state)) throw new ConsiliumError('CUSTODY_EPOCH_WRONG');
  const row = custodyEpoch(state, epoch);
  const key = readRow(state, ACCOUNTS, sender)?.key ?? '';
  const [dealing] = dealings;
  const count = row?.custodians.length ?? 0;
  const fault = authoredFault(custodyPackage, { custodians: count, threshold: custodyThreshold(count) });
  const signed =
    dealing !== undefined &&
    isDealingSigned(chain.deps.verify, chain.deps.genesisHash, key, custodyPackage, dealing);
  if (fault !== undefined || !signed || row === undefined)
    throw new ConsiliumError('CUSTODY_PACKAGE_INVALID', { rule: fault ?? 'signature' });
  for (const { id } of records.flatMap(({ chunks }) => chunks)) {
    const blob = custodian.blobs.get(id) ?? from.blobs.get(id);
    if (blob === undefined) throw new ConsiliumError('CUSTODY_PACKAGE_MISSING');
    custodian.blobs.set(id, blob);
  }
  const index = custodianIndex(row, custodian.hospital.id) as number;
  const shares = await sharesOf(custodian, custodyPackage, index);
  shares.forEach((share, position) => {
    const points = (dealing.records[position]?.points ?? []).map(fromHex);
    if (share === undefined || falseShares(nobleGroup, points, [{ index, share }]).length > 0)
      throw new ConsiliumError('CUSTODY_SHARE_FALSE');
  });
  custodian.packages.set(batch, custodyPackage);
  const { patient, author } = custodyPackage;
  const statement = { patient, author, batch, epoch, root: batch, count: records.length };
  const { validator } = custodian.hospital;
  return { index, signature: signReceipt(validator, chain.deps.genesisHash, statement) };
}

async function sharesOf(
  custodian: FakeCustodian,
  { patient, author, batch, epoch, records, dealings }: CustodyPackage,
  index: number,
): Promise<readonly (Uint8Array | undefined)[]> {
  const [dealing] = dealings;
  if (dealing === undefined) return [];
  const info = shareInfo({ patient, author, batch, epoch, dealer: 0, custodian: custodian.hospital.id });
  const items = records.map(({ commitment }, position) => ({
    position,
    aad: fromHex(commitment),
    sealed: dealing.records[position]?.shares[index - 1] as Uint8Array,
  }));
  const key = custodyKeyOf(custodian.hospital.name);
  return unsealShares(key, dealing.encs[index - 1] as Hex32, info, items);
}

async function releases(custody: FakeCustody, bytes: Uint8Array, all: boolean): Promise<unknown> {
  const signed = decodeReleaseRequest(bytes);
  const answers: unknown[] = [];
  const { state } = custody.ledger.chain.view();
  const count = custodyEpoch(state, currentEpoch(state))?.custodians.length ?? 0;
  for (const custodian of custody.custodians) {
    if (!all && answers.length === custodyThreshold(count)) break;
    const given = await codeOf(() => release(custody.ledger, custodian, signed));
    const { id } = custodian.hospital;
    if (typeof given === 'string') answers.push({ custodian: id, code: given });
    else answers.push({ custodian: id, release: toHex(encodeRelease(given)) });
  }
  return { answers };
}

async function release(
  { chain }: FakeLedger,
  custodian: FakeCustodian,
  signed: Signed<ReleaseRequest>,
): Promise<Release> {
  const { state, tip } = chain.view();
  const { genesisHash, verify } = chain.deps;
  const { request } = signed;
  const { patient, access, reader, places } = request;
  if (custodian.down) throw new ConsiliumError('NODE_UNREACHABLE');
  if (!isRequestSigned(verify, genesisHash, readRow(state, ACCOUNTS, reader)?.key ?? '', signed))
    throw new ConsiliumError('ACCESS_OTHER_READER');
  const row = requireAccess(state, request, tip.time);
  const released: ReleasedRecord[] = [];
  const refusals: { place: number; code: ErrorCode }[] = [];
  for (const place of places) {
    const given = await codeOf(async () => {
      if (released.length === custodian.fits) throw new ConsiliumError('CUSTODY_BUSY');
      const record = requireReleasable(state, request, row, place, tip.time);
      return releasedRecord(state, custodian, record, place);
    });
    if (typeof given === 'string') refusals.push({ place, code: given });
    else released.push(given);
  }
  const { id, validator } = custodian.hospital;
  const told = custodian.lie?.(released) ?? released;
  const info = releaseInfo({ patient, access, custodian: id, readerKey: row.readerKey });
  const envelope =
    told.length === 0 ? null : await seal(row.readerKey, info, new Uint8Array(0), encodeReleased(told));
  const made = signRelease(validator, genesisHash, { patient, access, custodian: id, envelope, refusals });
  return custodian.forge?.(made) ?? made;
}

async function releasedRecord(
  state: StateReader,
  custodian: FakeCustodian,
  record: Hex32,
  place: number,
): Promise<ReleasedRecord> {
  const row = readRow(state, RECORDS, record);
  const custodyPackage = custodian.packages.get(row?.batch ?? '');
  if (row === undefined || custodyPackage === undefined) throw new ConsiliumError('CUSTODY_PACKAGE_MISSING');
  const epoch = custodyEpoch(state, custodyPackage.epoch);
  const index = epoch === undefined ? undefined : custodianIndex(epoch, custodian.hospital.id);
  if (index === undefined) throw new ConsiliumError('CUSTODY_REMOVED');
  const points = (custodyPackage.dealings[0]?.records ?? []).map((dealt) => dealt.points);
  const sealed = custodyPackage.records[row.position];
  const share = (await sharesOf(custodian, custodyPackage, index))[row.position];
  if (sealed === undefined || share === undefined) throw new ConsiliumError('CUSTODY_SHARE_FALSE');
  return {
    place,
    record,
    epoch: custodyPackage.epoch,
    index,
    share,
    points: points[row.position] ?? [],
    pointsSalt: sealed.pointsSalt,
    proof: batchProver(leavesOf(custodyPackage.records, points))(row.position),
    salt: sealed.salt,
    chunks: sealed.chunks,
  };
}

function ownRecords({ ledger, custodians }: FakeCustody, bytes: Uint8Array): Uint8Array {
  const signed = decodeOwnRequest(bytes);
  const { state } = ledger.chain.view();
  const { genesisHash, verify } = ledger.chain.deps;
  const { patient, records } = signed.request;
  if (!isRequestSigned(verify, genesisHash, readRow(state, ACCOUNTS, patient)?.key ?? '', signed))
    throw new ConsiliumError('ACCESS_OTHER_READER');
  const found = records.flatMap((record) => {
    const row = readRow(state, RECORDS, record);
    const holder = custodians.find(({ down, packages }) => !down && packages.has(row?.batch ?? ''));
    const sealed = holder?.packages.get(row?.batch ?? '')?.records[row?.position ?? -1];
    if (row?.patient !== patient || row.retractedHeight !== null) return [];
    if (sealed === undefined) throw new ConsiliumError('CUSTODY_PACKAGE_MISSING');
    return [{ record, salt: sealed.salt, chunks: sealed.chunks, wrap: sealed.wrap }];
  });
  return encodeOwnRecords(found);
}
