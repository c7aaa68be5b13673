// Owns: one hospital's daemon in the simulation: the production replica, mempool, log, signing record and sync over
// simulated ports, and its lives: start, kill, power cut, restart.
import type { Action, Hex32, SecretKey, Tx, Verify } from '@consilium/core';
import { type CustodyDeps, OWN_TX_VALIDITY_MS } from '@consilium/node/custody';
import { hashBlocksNative, isLedgerKeySodium, sha256Native } from '@consilium/node/engines';
import {
  type Committed,
  createLedgerPool,
  createSignatures,
  DISK_FULL_RETRY_MS,
  type Disk,
  expectedKeys,
  initialiseRecordFile,
  type Kv,
  type OpenDeps,
  type OpenedReplica,
  openReplica,
  type Peers,
  Promoter,
  type ReportedEvent,
  reportSkips,
  SIGNING_RECORD_FILE,
  type SnapshotJoin,
  splitNet,
  type Tip,
  type Trust,
  type WireMessage,
} from '@consilium/node/replica';
import { stationName } from '../world/connections.ts';
import type { KeyRegistry } from '../world/key-registry.ts';
import { createLife, type Life } from '../world/life.ts';
import type { Prng } from '../world/prng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { type ClockFault, createSimClock } from '../world/sim-clock.ts';
import type { SimDisk } from '../world/sim-disk.ts';
import type { SimKv } from '../world/sim-kv.ts';
import type { SimNet } from '../world/sim-net.ts';
import type { SimVault } from '../world/sim-vault.ts';
import { netThrough, type Wire } from '../world/wire.ts';
import type { Founders, Hospital } from './identities.ts';
import { signActions } from './sign-transaction.ts';
import {
  type CustodyService,
  type CustodyWorld,
  openSimCustody,
  type Released,
  type SimCustody,
} from './sim-custody.ts';
import { createSimHome, type SimHome } from './sim-home.ts';
import { joinInSim, SimSnapshots, type SnapshotWorld } from './sim-snapshots.ts';

type Pool = ReturnType<typeof createLedgerPool>;
export type PoolLimits = Parameters<typeof createLedgerPool>[2];

/** Parts put in the place of good ones: for negative controls. */
export interface HostileParts {
  readonly disk?: (disk: Disk, scheduler: Scheduler) => Disk;
  readonly kv?: (kv: Kv, scheduler: Scheduler) => Kv;
  readonly verify?: Verify;
  /** May put parts at any port of custody. */
  readonly custody?: (deps: CustodyDeps) => CustodyDeps;
}

export interface SimNodeDeps {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly net: SimNet;
  readonly keys: KeyRegistry;
  readonly founders: Founders;
  readonly hospital: Hospital;
  readonly decodeMessage: (bytes: Uint8Array) => WireMessage;
  /** Which of the machines that run with the hospital's keys: 0 is its own. */
  readonly instance?: number | undefined;
  readonly poolLimits?: PoolLimits | undefined;
  readonly hostileParts?: HostileParts | undefined;
  /** undefined: the node keeps no records. */
  readonly custody?: CustodyWorld | undefined;
  /** undefined: nobody keeps snapshots, and who begins fetches every block. */
  readonly snapshots?: SnapshotWorld | undefined;
  /** What the operator is told by telephone; undefined while there is no block. */
  readonly trust: () => Trust | undefined;
  /** Every signature that this node's validator key made, as the bytes that it covers. */
  readonly onSigned: (node: Hex32, bytes: Uint8Array) => void;
  readonly onCommit: (node: Hex32, committed: Committed) => void;
  readonly onReport: (node: Hex32, event: ReportedEvent) => void;
  /** Told each time the node comes up, of what its store holds. */
  readonly onOpened: (node: Hex32, tip: Tip) => void;
  /** A transaction that the node makes itself, before it is handed in. */
  readonly onOwnTx: (node: Hex32, tx: Tx) => void;
  readonly onReleased: (released: Released) => void;
}

const STATUS_MS = 1_000;
const REBROADCAST_MS = 500;

/** What one run of the node is opened with. */
interface Run {
  readonly life: Life;
  readonly deps: OpenDeps;
  readonly custodyNet: Peers;
  readonly snapshotNet: Peers;
}

export class SimNode {
  readonly id: Hex32;
  /** Its name on the network. */
  readonly station: string;
  readonly home: SimHome;
  readonly clockFault: ClockFault = { offsetMs: 0 };
  /** The validator key of a rotation, which it holds beside its own from its next start on. */
  nextValidator: SecretKey | undefined;
  /** The newest version of the protocol that its software knows, from its next start on; undefined: this software's. */
  protocolVersionMax: number | undefined;
  readonly #deps: SimNodeDeps;
  readonly #name: string;
  #life: Life | undefined;
  #opened: OpenedReplica | undefined;
  #pool: Pool | undefined;
  #custody: SimCustody | undefined;
  #promoter: Promoter | undefined;
  #join: SnapshotJoin | undefined;
  readonly #snapshots: SimSnapshots | undefined;
  #submitReport: ((action: Action) => void) | undefined;
  #failure: string | undefined;
  #hasStarted = false;
  /** Its disk is full: the process goes on, and begins its next life when there is room. */
  #cancelNextLife: (() => void) | undefined;
  /** Between its replica and the network, for hostile hands. */
  wire: Wire | undefined;

  constructor(deps: SimNodeDeps) {
    this.#deps = deps;
    const { hospital, prng, instance = 0 } = deps;
    this.id = hospital.id;
    this.station = stationName(hospital.id, instance);
    this.#name = instance === 0 ? hospital.name : `${hospital.name}#${instance}`;
    this.home = createSimHome(this.#name, prng);
    this.#snapshots = deps.snapshots && new SimSnapshots(deps.snapshots);
    this.#initialiseHome();
  }

  /** What `node init` does once for a new home. */
  #initialiseHome(): void {
    const { founders, scheduler } = this.#deps;
    const options = { name: SIGNING_RECORD_FILE, genesis: founders.genesisHash, validator: this.id };
    initialiseRecordFile(this.disk.open(createLife(scheduler)), options, () => undefined);
    this.disk.settle();
  }

  get disk(): SimDisk {
    return this.home.disk;
  }

  get kv(): SimKv {
    return this.home.kv;
  }

  get vault(): SimVault {
    return this.home.vault;
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  /** Whether it was ever up. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  get replica(): OpenedReplica | undefined {
    return this.#opened;
  }

  get pool(): Pool | undefined {
    return this.#pool;
  }

  /** What a client asks it for; undefined while it is down, and for ever in a cluster without custody. */
  get custody(): CustodyService | undefined {
    return this.#custody?.service;
  }

  /** The code of the error that ended this node by itself, if one did. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get height(): number {
    return this.#opened?.ledger.tip.height ?? 0;
  }

  start(): void {
    if (this.#life !== undefined) return;
    this.#cancelNextLife?.();
    this.#cancelNextLife = undefined;
    this.#hasStarted = true;
    this.#failure = undefined;
    if (this.kv.isDamaged) return this.#failed('STORE_DAMAGED');
    const life = createLife(this.#deps.scheduler);
    this.#life = life;
    const run = this.#openRun(life);
    if (this.#snapshots === undefined) return this.#openReplica(run);
    this.#join = joinInSim(run.deps, run.snapshotNet, this.#deps.trust(), (code) => {
      if (!life.isAlive()) return;
      if (code === undefined) this.#openReplica(run);
      else this.#failed(code);
    });
  }

  #openReplica(run: Run): void {
    const { life } = run;
    openReplica(run.deps, { statusMs: STATUS_MS, rebroadcastMs: REBROADCAST_MS }, (result) => {
      if (!life.isAlive()) return;
      if (result instanceof Error) return this.#failed(result.code);
      this.#opened = result;
      this.#custody = this.#openCustody(run, result);
      this.#promoter = this.#openPromoter(run, result);
      this.#submitReport = this.#ownSubmit(run, 'skips');
      this.#deps.onOpened(this.id, result.ledger.tip);
      if (life.isAlive()) result.start();
      // What it tells as it comes up may be what somebody waited for to end it.
      if (!life.isAlive()) return;
      this.#custody?.start();
      this.#promoter.start();
      this.#snapshots?.serve(run.deps, run.snapshotNet).start();
    });
  }

  #openRun(life: Life): Run {
    const { scheduler, prng, keys, founders, decodeMessage, hostileParts = {}, poolLimits } = this.#deps;
    const { disk = same, kv = same, verify = keys.verify } = hostileParts;
    const clock = createSimClock(scheduler, life, this.clockFault);
    const net = netThrough(this.#deps.net.open(this.id, life, this.#deps.instance), () => this.wire);
    const parts = splitNet(net);
    const signatures = createSignatures(verify);
    const report = whileAlive(life, (event: ReportedEvent) => this.#deps.onReport(this.id, event));
    const onSigned = whileAlive(life, (bytes: Uint8Array) => this.#deps.onSigned(this.id, bytes));
    const deps: OpenDeps = {
      genesis: founders.genesis,
      genesisHash: founders.genesisHash,
      self: this.id,
      disk: disk(this.disk.open(life), scheduler),
      kv: kv(this.kv.open(life), scheduler),
      net: parts.replica,
      clock,
      random: prng.fork(`random ${this.#name} ${scheduler.nowUs()}`),
      report,
      decodeMessage,
      hashBlocks: hashBlocksNative,
      isLedgerKey: isLedgerKeySodium,
      sha256: sha256Native,
      protocolVersionMax: this.protocolVersionMax,
      holdsKey: (key) => this.#holds(key),
      guardOf: (guard) => ({
        ...guard,
        foundCommitted: (position, own) =>
          this.wire?.isDeafToOwn === true ? 'normal' : guard.foundCommitted(position, own),
      }),
      verify,
      verifySender: (tx, key) => signatures.verifySender(tx, key),
      signBytes: (bytes) => {
        onSigned(bytes);
        return keys.sign(this.#heldKey(undefined), bytes);
      },
      createPool: (ledger) => {
        const onAdmitted = (): void => this.#opened?.replica.poolGrew();
        const deps = { clock, report, net: parts.replica, signatures, onAdmitted };
        this.#pool = createLedgerPool(deps, ledger, poolLimits);
        return this.#pool;
      },
      onCommit: whileAlive(life, (committed) => {
        this.#deps.onCommit(this.id, committed);
        if (!life.isAlive()) return;
        this.#custody?.committed(committed);
        this.#promoter?.committed();
        this.#snapshots?.committed(this.kv, committed);
        const submit = this.#submitReport;
        if (submit !== undefined)
          reportSkips({ self: this.id, kv: this.kv.reader, report, submit }, committed);
      }),
      onFailure: whileAlive(life, (error) => this.#failed(error.code)),
    };
    return { life, deps, custodyNet: parts.custody, snapshotNet: parts.snapshot };
  }

  #openCustody(run: Run, opened: OpenedReplica): SimCustody | undefined {
    const { custody: world, founders, hospital, keys, hostileParts } = this.#deps;
    if (world === undefined) return undefined;
    const { life, deps, custodyNet } = run;
    const { kv, clock, report, verify } = deps;
    return openSimCustody({
      ...{ world, founders, hospital, keys, life, kv, clock, report, verify, opened },
      validatorKey: (epoch) => this.#heldKey(epoch),
      store: this.kv,
      vault: this.vault,
      net: custodyNet,
      submit: this.#ownSubmit(run, 'custody'),
      onReleased: whileAlive(life, (released) => this.#deps.onReleased(released)),
      hostilePart: hostileParts?.custody,
    });
  }

  #openPromoter(run: Run, { replica }: OpenedReplica): Promoter {
    const { kv, clock, report, net } = run.deps;
    return new Promoter({
      ...{ self: this.id, kv, clock, report },
      status: () => replica.status(),
      connected: () => net.connected(),
      holdsKey: (key) => this.#holds(key),
      submit: this.#ownSubmit(run, 'membership'),
    });
  }

  /** Transactions that the node makes itself; `room`: the part of it that does. */
  #ownSubmit({ life, deps }: Run, room: string): (action: Action) => void {
    const { founders, hospital, keys, prng, scheduler } = this.#deps;
    const nonces = prng.fork(`${room} ${this.#name} ${scheduler.nowUs()}`);
    return (action) => {
      if (!life.isAlive()) return;
      const validUntil = deps.clock.wallMs() + OWN_TX_VALIDITY_MS;
      const tx = signActions({ founders, keys }, hospital, [action], nonces.bytes(16), validUntil);
      this.#deps.onOwnTx(this.id, tx);
      this.#pool?.submit(tx.bytes, () => undefined);
    };
  }

  /** The one of its validator keys that is expected by an epoch of custody, or at the running height; else its own. */
  #heldKey(epoch: number | undefined): SecretKey {
    const { running, ofEpoch } = expectedKeys(this.kv.reader, this.id);
    const expected = epoch === undefined ? running() : ofEpoch(epoch);
    const { nextValidator } = this;
    return nextValidator !== undefined && nextValidator.publicKey === expected
      ? nextValidator
      : this.#deps.hospital.validator;
  }

  #holds(key: Hex32): boolean {
    return [this.#deps.hospital.validator, this.nextValidator].some((held) => held?.publicKey === key);
  }

  #failed(code: string): void {
    this.#failure = code;
    this.kill();
    if (code !== 'DISK_FULL') return;
    this.#cancelNextLife = this.#deps.scheduler.after(DISK_FULL_RETRY_MS * 1_000, () => this.start());
  }

  /** The process stops without ending, and goes on where it stopped. */
  setFrozen(frozen: boolean): void {
    if (frozen) this.#life?.freeze();
    else this.#life?.thaw();
  }

  /** The process dies; what it wrote stays with the operating system. */
  kill(): void {
    this.#end();
    this.home.crash();
  }

  /** The machine dies: of what was not synced, a drawn part is lost. `tear`: and a write is torn, if one was under way. */
  losePower(tear = false): void {
    this.#end();
    this.home.losePower(tear);
  }

  /** The machine is lost with everything on it; what starts in its place has the keys and nothing else. */
  loseAll(): void {
    this.#end();
    this.home.wipe();
    this.#snapshots?.wipe();
  }

  /** Whether it is up, whole and allowed to sign. */
  get isSigning(): boolean {
    return this.#opened?.replica.status().signing === 'signing';
  }

  #end(): void {
    this.#cancelNextLife?.();
    this.#cancelNextLife = undefined;
    this.#join?.stop();
    this.#join = undefined;
    this.#life?.end();
    this.#life = undefined;
    this.#opened = undefined;
    this.#pool = undefined;
    this.#custody = undefined;
    this.#promoter = undefined;
    this.#submitReport = undefined;
    this.#deps.net.close(this.station);
  }
}

function same<T>(part: T): T {
  return part;
}

/** What a process still says in the turn in which it dies is heard by nobody. */
function whileAlive<T>(life: Life, tell: (news: T) => void): (news: T) => void {
  return (news) => {
    if (life.isAlive()) tell(news);
  };
}
