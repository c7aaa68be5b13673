// Owns: everything that one machine keeps: its disk, its store and its vault, which fail, die and are copied together. Does
// not own: the process that writes to them (sim-node.ts).
import { createPersistenceWatchers, type PersistenceWatchers } from '../world/persistence.ts';
import type { Prng } from '../world/prng.ts';
import {
  createSimDisk,
  type DiskCopy,
  type DiskFault,
  type DiskTimes,
  type SimDisk,
} from '../world/sim-disk.ts';
import { createSimKv, type KvCopy, type SimKv } from '../world/sim-kv.ts';
import { createSimVault, type SimVault, type VaultCopy } from '../world/sim-vault.ts';

/** A copy of what a machine keeps. */
export interface HomeCopy {
  readonly disk: DiskCopy;
  readonly kv: KvCopy;
  readonly vault: VaultCopy;
}

export interface SimHome {
  readonly disk: SimDisk;
  readonly kv: SimKv;
  readonly vault: SimVault;
  /** Who is told of each step of each durable write. */
  readonly persistence: PersistenceWatchers;
  /** It is bad in this way as well, until the function that comes back is called. */
  addFault(fault: Partial<DiskFault>): () => void;
  /** The process died: what it wrote stays with the operating system. Call after its life has ended. */
  crash(): void;
  /** The machine died: of what was not synced, a drawn part is lost. `tear`: and a write is torn, if one was under way. */
  losePower(tear: boolean): void;
  wipe(): void;
  /** All that is there now, but for what only a process knows. */
  copy(): HomeCopy;
  /** Call while nobody uses it. */
  restore(copy: HomeCopy): void;
}

const DISK_TIMES: DiskTimes = { syncUsMin: 100, syncUsMax: 900 };

export function createSimHome(name: string, prng: Prng): SimHome {
  const persistence = createPersistenceWatchers();
  const disk = createSimDisk(prng.fork(`disk ${name}`), DISK_TIMES, persistence);
  const kv = createSimKv(prng.fork(`kv ${name}`), DISK_TIMES, persistence);
  const vault = createSimVault(prng.fork(`vault ${name}`), DISK_TIMES, persistence);
  const faults = new Set<Partial<DiskFault>>();
  const setFaults = (): void => {
    const together = allTogether([...faults]);
    for (const part of [disk, kv, vault]) part.setFault(together);
  };
  const crash = (): void => {
    kv.crash();
    vault.crash();
  };
  return {
    ...{ disk, kv, vault, persistence, crash },
    addFault: (fault) => {
      const standing = { ...fault };
      faults.add(standing);
      setFaults();
      return () => {
        faults.delete(standing);
        setFaults();
      };
    },
    losePower: (tear) => {
      crash();
      disk.losePower(tear);
    },
    wipe: () => {
      for (const part of [disk, kv, vault]) part.wipe();
    },
    copy: () => ({ disk: disk.copy(), kv: kv.copy(), vault: vault.copy() }),
    restore: (copy) => {
      disk.restore(copy.disk);
      kv.restore(copy.kv);
      vault.restore(copy.vault);
    },
  };
}

function allTogether(faults: readonly Partial<DiskFault>[]): DiskFault {
  return {
    failing: faults.some(({ failing }) => failing),
    full: faults.some(({ full }) => full),
    slowness: Math.max(...faults.map(({ slowness }) => slowness ?? 1), 1),
  };
}
