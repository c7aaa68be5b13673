// Owns: one hospital's daemon in the simulation: the production replica, mempool, log, signing record and sync over
// simulated ports, and its lives: start, kill, power cut, restart.
import type { Hex32 } from '@consilium/core';
import {
  type Committed,
  createLedgerPool,
  createSignatures,
  initialiseRecordFile,
  type OpenedReplica,
  openReplica,
  type ReportedEvent,
  SIGNING_RECORD_FILE,
  type Tip,
} from '@consilium/node/replica';
import type { KeyRegistry } from '../world/key-registry.ts';
import { createLife, type Life } from '../world/life.ts';
import type { Prng } from '../world/prng.ts';
import type { Scheduler } from '../world/scheduler.ts';
import { type ClockFault, createSimClock } from '../world/sim-clock.ts';
import { createSimDisk, type DiskTimes, type SimDisk } from '../world/sim-disk.ts';
import { createSimKv, type SimKv } from '../world/sim-kv.ts';
import type { SimNet } from '../world/sim-net.ts';
import type { Founders, Hospital } from './identities.ts';

type Pool = ReturnType<typeof createLedgerPool>;

export interface SimNodeDeps {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly net: SimNet;
  readonly keys: KeyRegistry;
  readonly founders: Founders;
  readonly hospital: Hospital;
  /** Every signature that this node's validator key made, as the bytes that it covers. */
  readonly onSigned: (node: Hex32, bytes: Uint8Array) => void;
  readonly onCommit: (node: Hex32, committed: Committed) => void;
  readonly onReport: (node: Hex32, event: ReportedEvent) => void;
  /** Told each time the node comes up, of what its store holds. */
  readonly onOpened: (node: Hex32, tip: Tip) => void;
}

const DISK_TIMES: DiskTimes = { syncUsMin: 100, syncUsMax: 900 };
const STATUS_MS = 1_000;
const REBROADCAST_MS = 500;

export class SimNode {
  readonly id: Hex32;
  readonly disk: SimDisk;
  readonly kv: SimKv;
  readonly clockFault: ClockFault = { offsetMs: 0 };
  readonly #deps: SimNodeDeps;
  #life: Life | undefined;
  #opened: OpenedReplica | undefined;
  #pool: Pool | undefined;
  #failure: string | undefined;

  constructor(deps: SimNodeDeps) {
    this.#deps = deps;
    this.id = deps.hospital.id;
    this.disk = createSimDisk(deps.prng.fork(`disk ${deps.hospital.name}`), DISK_TIMES);
    this.kv = createSimKv(deps.prng.fork(`kv ${deps.hospital.name}`), DISK_TIMES);
    this.#initialiseHome();
  }

  /** What `node init` does once for a new home. */
  #initialiseHome(): void {
    const life = createLife(this.#deps.scheduler);
    const { founders } = this.#deps;
    const options = { name: SIGNING_RECORD_FILE, genesis: founders.genesisHash, validator: this.id };
    initialiseRecordFile(this.disk.open(life), options, () => undefined);
  }

  get isUp(): boolean {
    return this.#life !== undefined;
  }

  get replica(): OpenedReplica | undefined {
    return this.#opened;
  }

  get pool(): Pool | undefined {
    return this.#pool;
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
    const { scheduler, prng, net, keys, founders, hospital, onSigned, onCommit, onReport } = this.#deps;
    const life = createLife(scheduler);
    this.#life = life;
    const clock = createSimClock(scheduler, life, this.clockFault);
    const ownNet = net.open(this.id, life);
    const signatures = createSignatures(keys.verify);
    const report = (event: ReportedEvent): void => onReport(this.id, event);
    openReplica(
      {
        genesis: founders.genesis,
        genesisHash: founders.genesisHash,
        self: this.id,
        disk: this.disk.open(life),
        kv: this.kv.open(life),
        net: ownNet,
        clock,
        random: prng.fork(`random ${hospital.name} ${scheduler.nowUs()}`),
        report,
        verify: keys.verify,
        verifySender: (tx, key) => signatures.verifySender(tx, key),
        signBytes: (bytes) => {
          onSigned(this.id, bytes);
          return keys.sign(hospital.validator, bytes);
        },
        createPool: (ledger) => {
          const onAdmitted = (): void => this.#opened?.replica.poolGrew();
          this.#pool = createLedgerPool({ clock, report, net: ownNet, signatures, onAdmitted }, ledger);
          return this.#pool;
        },
        onCommit: (committed) => onCommit(this.id, committed),
        onFailure: (error) => this.#failed(error.code),
      },
      { statusMs: STATUS_MS, rebroadcastMs: REBROADCAST_MS },
      (result) => {
        if (result instanceof Error) return this.#failed(result.code);
        this.#opened = result;
        this.#deps.onOpened(this.id, result.ledger.tip);
        result.start();
      },
    );
  }

  #failed(code: string): void {
    this.#failure = code;
    this.#end();
  }

  /** The process dies; what it wrote stays with the operating system. */
  kill(): void {
    this.#end();
    this.kv.crash();
  }

  /** The machine dies: of what was not synced, a drawn part is lost. */
  losePower(): void {
    this.#end();
    this.kv.crash();
    this.disk.losePower();
  }

  #end(): void {
    this.#life?.end();
    this.#life = undefined;
    this.#opened = undefined;
    this.#pool = undefined;
    this.#deps.net.close(this.id);
  }
}
