// Owns: releasing shares to whom the ledger lets open a record, and to nobody else: fresh, decided anew at this moment,
// each share held against its points before it leaves, one envelope to the reader's key, signed. Does not own: the
// decision (core's access module), what others release.
import {
  ACCOUNTS,
  type AccessRow,
  BATCHES,
  ConsiliumError,
  currentEpoch,
  custodianIndex,
  custodyEpoch,
  decodeReleaseRequest,
  type ErrorCode,
  encodeReleased,
  type Hex32,
  type Hex64,
  isConsiliumError,
  isErased,
  isRequestSigned,
  RECORDS,
  RELEASE_BYTES_MAX,
  type Release,
  type ReleasedRecord,
  type ReleaseRefusal,
  type ReleaseRequest,
  readRow,
  releaseInfo,
  releasePayload,
  requireAccess,
  requireReleasable,
  type Signed,
  type StateReader,
  toHex,
  type UnsignedRelease,
  type Verify,
} from '@consilium/core';
import { RELEASE_FORM_BYTES, RELEASE_LOOKS_MAX, RELEASES_MAX } from '../limits.ts';
import type { Clock, Report, Sealer } from '../ports.ts';
import { openShares, type PackageView } from './package-view.ts';
import type { ReadIndex } from './read-index.ts';
import { nameOf } from './stored-package.ts';
import { type Count, type LedgerSight, type Outcome, orError, type SignStatement } from './types.ts';
import type { Views } from './views.ts';

export interface ReleaserDeps extends LedgerSight {
  readonly self: Hex32;
  readonly genesisHash: Hex32;
  readonly verify: Verify;
  readonly group: Parameters<typeof openShares>[0]['group'];
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly views: Views;
  readonly readIndex: ReadIndex;
  readonly standing: () => ErrorCode | undefined;
  /** Whether what the ledger erased must be destroyed here first. */
  readonly mustErase: () => boolean;
  readonly sign: SignStatement;
  readonly report: Report;
  readonly count: Count;
}

/** A place that may be released now, and where its share lies. */
interface Grant {
  readonly place: number;
  readonly record: Hex32;
  /** As the ledger has the batch. */
  readonly patient: Hex32;
  readonly author: Hex32;
  readonly batch: Hex32;
  readonly position: number;
  readonly epoch: number;
  readonly root: Hex32;
  readonly index: number;
}

interface Plan {
  readonly row: AccessRow;
  readonly grants: readonly Grant[];
  readonly refusals: readonly ReleaseRefusal[];
}

/** What became of the grants of a plan. */
interface Opened {
  readonly released: readonly ReleasedRecord[];
  readonly refusals: readonly ReleaseRefusal[];
}

export class Releaser {
  readonly #deps: ReleaserDeps;
  #underWay = 0;

  constructor(deps: ReleaserDeps) {
    this.#deps = deps;
  }

  /** Any bytes may be given. */
  release(bytes: Uint8Array, done: (result: Outcome<Release>) => void): void {
    const refused = (error: ConsiliumError): void => {
      this.#deps.count('refusal', error.code);
      done(error);
    };
    const signed = orError(() => decodeReleaseRequest(bytes));
    if (isConsiliumError(signed)) return refused(signed);
    const standing = this.#deps.standing();
    if (standing !== undefined) return refused(new ConsiliumError(standing));
    if (this.#underWay >= RELEASES_MAX) return refused(new ConsiliumError('CUSTODY_BUSY'));
    this.#underWay += 1;
    const finish = (result: Outcome<Release>): void => {
      this.#underWay -= 1;
      if (isConsiliumError(result)) return refused(result);
      const { count, report } = this.#deps;
      count('release');
      report({ level: 'debug', code: 'custody.released', refused: result.refusals.length });
      for (const { code } of result.refusals) count('refusal', code);
      done(result);
    };
    this.#deps.readIndex.ask((stale) => {
      if (stale !== undefined) return finish(new ConsiliumError(stale));
      this.#attempt(signed, 1, finish);
    });
  }

  /** Opening, sealing and signing take time, in which a commit may end what the permit rests on: the plan must still be the same. */
  #attempt(signed: Signed<ReleaseRequest>, look: number, done: (result: Outcome<Release>) => void): void {
    const plan = this.#plan(signed);
    if (isConsiliumError(plan)) return done(plan);
    this.#open(plan, (opened) => {
      this.#seal(signed.request, plan, opened, (release) => {
        if (isConsiliumError(release)) return done(release);
        const now = this.#plan(signed);
        if (isConsiliumError(now)) return done(now);
        if (isSame(plan, now)) return done(release);
        if (look >= RELEASE_LOOKS_MAX) return done(new ConsiliumError('CUSTODY_STALE'));
        this.#attempt(signed, look + 1, done);
      });
    });
  }

  #plan(signed: Signed<ReleaseRequest>): Outcome<Plan> {
    return orError(() => this.#mustPlan(signed));
  }

  #mustPlan(signed: Signed<ReleaseRequest>): Plan {
    const { state, self, tip, clock, verify, genesisHash, standing } = this.#deps;
    const { request } = signed;
    const refusal = standing();
    if (refusal !== undefined) throw new ConsiliumError(refusal);
    if (this.#deps.mustErase()) throw new ConsiliumError('CUSTODY_NOT_READY');
    // By the ledger itself, whatever the daemon says of its standing.
    if (!isCustodian(state, self)) throw new ConsiliumError('CUSTODY_REMOVED');
    const account = readRow(state, ACCOUNTS, request.reader);
    if (account === undefined || !isRequestSigned(verify, genesisHash, account.key, signed))
      throw new ConsiliumError('TX_SIGNATURE_INVALID');
    const time = Math.max(tip().time, clock.wallMs());
    const row = requireAccess(state, request, time);
    const grants: Grant[] = [];
    const refusals: ReleaseRefusal[] = [];
    for (const place of new Set(request.places)) {
      const grant = orError(() => this.#grant(request, row, place, time));
      if (isConsiliumError(grant)) refusals.push({ place, code: grant.code });
      else grants.push(grant);
    }
    return { row, grants, refusals };
  }

  #grant(request: ReleaseRequest, row: AccessRow, place: number, time: number): Grant {
    const { state, self } = this.#deps;
    const record = requireReleasable(state, request, row, place, time);
    const known = readRow(state, RECORDS, record);
    const batch = known === undefined ? undefined : readRow(state, BATCHES, known.batch);
    if (known === undefined || batch === undefined) throw new ConsiliumError('RECORD_NOT_FOUND', { place });
    const epoch = custodyEpoch(state, batch.epoch);
    const index = epoch === undefined ? undefined : custodianIndex(epoch, self);
    if (index === undefined) throw new ConsiliumError('CUSTODY_REMOVED');
    const { position } = known;
    const { patient, author } = batch;
    return {
      place,
      record,
      patient,
      author,
      batch: known.batch,
      position,
      epoch: batch.epoch,
      root: batch.root,
      index,
    };
  }

  /** Batch by batch. */
  #open({ grants }: Plan, done: (opened: Opened) => void): void {
    const groups = [...Map.groupBy(grants, ({ batch, epoch }) => nameOf(batch, epoch)).values()];
    const released: ReleasedRecord[] = [];
    const refusals: ReleaseRefusal[] = [];
    const openNext = (): void => {
      const group = groups.shift();
      if (group === undefined) return done({ released, refusals });
      this.#openBatch(group, (opened) => {
        released.push(...opened.released);
        refusals.push(...opened.refusals);
        openNext();
      });
    };
    openNext();
  }

  #openBatch(grants: readonly Grant[], done: (opened: Opened) => void): void {
    const [first] = grants as readonly [Grant];
    const refuseAll = (code: ErrorCode): void =>
      done({ released: [], refusals: grants.map(({ place }) => ({ place, code })) });
    const view = this.#deps.views.of(first.batch, first.epoch);
    if (view === undefined || !isRegisteredAs(view, first)) return refuseAll('CUSTODY_PACKAGE_MISSING');
    const positions = grants.map(({ position }) => position);
    openShares(this.#deps, view, first.index, positions, (shares) => {
      const released: ReleasedRecord[] = [];
      const refusals: ReleaseRefusal[] = [];
      for (const [at, grant] of grants.entries()) {
        const share = shares[at];
        const fitting = share === undefined ? undefined : releasedOf(grant, view, share);
        if (fitting === undefined) refusals.push({ place: grant.place, code: 'CUSTODY_SHARE_FALSE' });
        else released.push(fitting);
      }
      done({ released, refusals });
    });
  }

  #seal(
    { patient, access }: ReleaseRequest,
    { row, grants, refusals }: Plan,
    opened: Opened,
    done: (release: Outcome<Release>) => void,
  ): void {
    const { self, sealer } = this.#deps;
    const { fitting, left } = withinBound(opened.released);
    const all = [...refusals, ...opened.refusals, ...left].sort((a, b) => a.place - b.place);
    const plain = { patient, access, custodian: self, refusals: all };
    const epoch = newestEpoch(grants);
    if (fitting.length === 0) return this.#sign({ ...plain, envelope: null }, epoch, done);
    const info = releaseInfo({ patient, access, custodian: self, readerKey: row.readerKey });
    sealer.seal(row.readerKey, info, encodeReleased(fitting), (envelope) => {
      if (envelope === undefined) return done(new ConsiliumError('SEAL_INVALID'));
      this.#sign({ ...plain, envelope }, epoch, done);
    });
  }

  #sign(
    release: UnsignedRelease,
    epoch: number | undefined,
    done: (release: Outcome<Release>) => void,
  ): void {
    const signed = (signature: Hex64 | undefined): void =>
      done(signature === undefined ? new ConsiliumError('SIGNER_AWAY') : { ...release, signature });
    this.#deps.sign('custodyRelease', releasePayload(release), signed, epoch);
  }
}

/**
 * Whether the package is what the ledger has registered, by its author for its patient: receipts are there for all to see,
 * and who hurries to register another's batch as its own must not be given the shares of it.
 */
function isRegisteredAs({ root, content }: PackageView, grant: Grant): boolean {
  return root === grant.root && content.author === grant.author && content.patient === grant.patient;
}

/** A reader takes the key of any of the epochs that its records lie in. */
function newestEpoch(grants: readonly Grant[]): number | undefined {
  return grants.length === 0 ? undefined : Math.max(...grants.map(({ epoch }) => epoch));
}

function releasedOf(grant: Grant, view: PackageView, share: Uint8Array): ReleasedRecord | undefined {
  const { place, record, epoch, index, position } = grant;
  const sealed = view.content.records[position];
  if (sealed?.commitment !== record || isErased(sealed)) return undefined;
  const { pointsSalt, salt, chunks } = sealed;
  const points = (view.points[position] ?? []).map(toHex);
  return {
    place,
    record,
    epoch,
    index,
    share,
    points,
    pointsSalt,
    proof: view.prove(position),
    salt,
    chunks,
  };
}

/** As many from the front as one envelope holds; the rest is asked for again, in a request of its own. */
function withinBound(released: readonly ReleasedRecord[]): {
  readonly fitting: readonly ReleasedRecord[];
  readonly left: readonly ReleaseRefusal[];
} {
  let bytes = RELEASE_FORM_BYTES;
  const sizes = released.map((record) => encodeReleased([record]).length);
  const count = sizes.findIndex((size) => {
    bytes += size;
    return bytes > RELEASE_BYTES_MAX;
  });
  const fitting = count < 0 ? released : released.slice(0, count);
  const left = released.slice(fitting.length).map(({ place }) => ({ place, code: 'CUSTODY_BUSY' as const }));
  return { fitting, left };
}

/** The same places may leave, with the same shares. */
function isSame(a: Plan, b: Plan): boolean {
  const nameOfGrants = ({ grants }: Plan): string =>
    grants.map(({ place, batch, epoch, root }) => `${place}/${batch}/${epoch}/${root}`).join(' ');
  return a.row.readerKey === b.row.readerKey && nameOfGrants(a) === nameOfGrants(b);
}

function isCustodian(state: StateReader, self: Hex32): boolean {
  const epoch = custodyEpoch(state, currentEpoch(state));
  return epoch !== undefined && custodianIndex(epoch, self) !== undefined;
}
