// Owns: the channels of a link and their protocol names.
import type { Hex32 } from '@consilium/core';
import type { Channel } from '../ports.ts';

export const CHANNELS: readonly Channel[] = ['agreement', 'transactions', 'sync', 'custody', 'snapshot'];

const GENESIS_DIGITS = 16;
const PROTOCOL_VERSION = 1;

/** Names the network, so that nodes of two networks share no protocol. */
export function protocolOf(genesis: Hex32, channel: Channel): string {
  return `/consilium/${genesis.slice(0, GENESIS_DIGITS)}/${channel}/${PROTOCOL_VERSION}`;
}
