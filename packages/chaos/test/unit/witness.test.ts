import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Vote, ZERO_HASH } from '@consilium/core';
import type { NodeNet } from '@consilium/node';
import { type Channel, encodeMessage } from '@consilium/node/replica';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withWitness } from '../../src/devnet-world/witness.ts';

const SELF = 'aa'.repeat(32);
const OTHER = 'bb'.repeat(32);

let folder: string;
let file: string;
/** At each message that left: how many lines were there by then. */
let sent: number[];
let net: NodeNet;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'witness-'));
  file = join(folder, 'signed.jsonl');
  sent = [];
  const inner: Pick<NodeNet, 'send'> = {
    send: () => {
      sent.push(lines().length);
      return true;
    },
  };
  net = withWitness(inner as NodeNet, SELF, file);
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('The witness of a daemon', () => {
  test('has what was signed before it leaves, once for all peers and repetitions', () => {
    const bytes = votes(voteOf(SELF, 0));
    for (const peer of [OTHER, 'cc'.repeat(32)]) net.send(peer, 'agreement', bytes);
    net.send(OTHER, 'agreement', votes(voteOf(SELF, 0)));
    expect(sent).toEqual([1, 1, 1]);
    expect(lines()).toEqual([{ type: 'prevote', height: 3, round: 0, blockId: null, validRound: -1 }]);
    net.send(OTHER, 'agreement', votes(voteOf(SELF, 1)));
    expect(lines()).toHaveLength(2);
  });

  test.each<[string, Channel, Uint8Array]>([
    ['votes of others', 'agreement', votes(voteOf(OTHER, 0))],
    ['what is no message', 'agreement', Uint8Array.of(1, 2, 3)],
    ['other channels', 'sync', votes(voteOf(SELF, 0))],
  ])('notes nothing of %s', (_what, channel, bytes) => {
    expect(net.send(OTHER, channel, bytes)).toBe(true);
    expect(lines()).toEqual([]);
  });
});

function voteOf(validator: string, round: number): Vote {
  const content = { type: 'prevote', height: 3, round, blockId: null, validRound: -1 } as const;
  return { ...content, validator, signature: ZERO_HASH + ZERO_HASH };
}

function votes(...each: readonly Vote[]): Uint8Array {
  return encodeMessage({ type: 'votes', votes: each });
}

function lines(): readonly unknown[] {
  try {
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
