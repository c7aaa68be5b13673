// Owns: the store as it will be when a run of blocks is written: what the run writes over what is durable. It lives for one
// run and remembers what was read, which the next block reads again. Does not own: writing it.
import { toHex } from '@consilium/core';
import type { Kv, KvWrite } from '../ports.ts';

export class StagedKv implements Pick<Kv, 'get'> {
  readonly #durable: Pick<Kv, 'get'>;
  readonly #read = new Map<string, Uint8Array | undefined>();
  readonly #writes = new Map<string, KvWrite>();

  constructor(durable: Pick<Kv, 'get'>) {
    this.#durable = durable;
  }

  get(table: number, key: Uint8Array): Uint8Array | undefined {
    const name = nameOf(table, key);
    const written = this.#writes.get(name);
    if (written !== undefined) return written.value ?? undefined;
    const known = this.#read.get(name);
    if (known !== undefined || this.#read.has(name)) return known;
    const value = this.#durable.get(table, key);
    this.#read.set(name, value);
    return value;
  }

  stage(writes: readonly KvWrite[]): void {
    for (const write of writes) this.#writes.set(nameOf(write.table, write.key), write);
  }

  /** For one batch: of each row what was written last. */
  writes(): KvWrite[] {
    return [...this.#writes.values()];
  }
}

function nameOf(table: number, key: Uint8Array): string {
  return `${table}:${toHex(key)}`;
}
