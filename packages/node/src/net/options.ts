// Owns: what the network adapter is told, as plain values. Does not own: where the values come from (config).
import type { Hex32 } from '@consilium/core';
import {
  FRAME_TICKS_MAX,
  LINK_PING_MS,
  LINK_SILENT_TICKS_MAX,
  LINK_TICK_MS,
  PEER_MESSAGES_BURST,
  PEER_MESSAGES_PER_SECOND,
  PENALTY_REFUSAL_MS,
  REVERSE_DIAL_AFTER_MS,
  SEND_QUEUE_BYTES_MAX,
} from '../limits.ts';

/** The bounds that a test may narrow, so that it need not wait for minutes. */
export interface NetLimits {
  readonly sendQueueBytesMax: number;
  readonly frameTicksMax: number;
  readonly pingMs: number;
  readonly silentTicksMax: number;
  readonly tickMs: number;
  readonly peerMessagesBurst: number;
  readonly peerMessagesPerSecond: number;
  readonly penaltyRefusalMs: number;
  readonly reverseDialAfterMs: number;
}

export const NET_LIMITS: NetLimits = {
  sendQueueBytesMax: SEND_QUEUE_BYTES_MAX,
  frameTicksMax: FRAME_TICKS_MAX,
  pingMs: LINK_PING_MS,
  silentTicksMax: LINK_SILENT_TICKS_MAX,
  tickMs: LINK_TICK_MS,
  peerMessagesBurst: PEER_MESSAGES_BURST,
  peerMessagesPerSecond: PEER_MESSAGES_PER_SECOND,
  penaltyRefusalMs: PENALTY_REFUSAL_MS,
  reverseDialAfterMs: REVERSE_DIAL_AFTER_MS,
};

export interface NetOptions {
  /** Account id of the own institution. */
  readonly institution: Hex32;
  /** 32 bytes: the Ed25519 seed of the network key. */
  readonly networkSeed: Uint8Array;
  readonly genesis: Hex32;
  /** Multiaddrs to listen on, such as `/ip4/0.0.0.0/tcp/4001`. Port 0 takes a free one. */
  readonly listen: readonly string[];
  /** By institution: dialled instead of the addresses that the ledger names. */
  readonly addressOverrides?: Readonly<Record<Hex32, readonly string[]>>;
  readonly limits?: Partial<NetLimits>;
}
