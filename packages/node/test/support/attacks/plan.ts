// What an attacker is told, as it crosses to its process, and what it tells at the end.

export const ATTACKS = [
  'stranger',
  'wrong-key',
  'oversize-frame',
  'slow-drip',
  'ten-thousand-connections',
  'flood',
  'flood-of-valid-transactions',
] as const;

export type Attack = (typeof ATTACKS)[number];

export interface Target {
  readonly p2p: number;
  readonly api: number;
  readonly metrics: number;
}

export interface AttackPlan {
  readonly attack: Attack;
  readonly targets: readonly Target[];
  /** Hash of the network's genesis. */
  readonly genesis: string;
  /** Of an institution that the ledger admits and whose own node does not run: account id, and seeds of its keys. */
  readonly account: string;
  readonly networkSeed: string;
  readonly accountSeed: string;
  /** Addresses of this machine that connections come from, beside those of honest nodes (Linux); 0: from the same one. */
  readonly sources: number;
  /** Held at all ports together by the attack of this name. */
  readonly connections: number;
}

/** Counts of what was tried, done and refused. */
export type Tally = Record<string, number>;

/** Runs until the signal. */
export type Attacker = (plan: AttackPlan, tally: Tally, signal: AbortSignal) => Promise<void>;

export function count(tally: Tally, name: string, by = 1): void {
  tally[name] = (tally[name] ?? 0) + by;
}

/** One of the many addresses that a machine has on its loopback (Linux). */
export function sourceOf(index: number, sources: number): string {
  if (sources === 0) return '127.0.0.1';
  return `127.9.${Math.floor((index % sources) / 200)}.${1 + ((index % sources) % 200)}`;
}
