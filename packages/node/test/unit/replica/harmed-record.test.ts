import { describe, expect, test } from 'vitest';
import { SIGNING_SLOT_BYTES } from '../../../src/limits.ts';
import { SIGNING_RECORD_FILE, WAL_FILE } from '../../../src/replica/open.ts';
import { decodeSlot } from '../../../src/signing/record.ts';
import { type LoneReplica, startLoneReplica, startUnheard } from '../../support/lone-replica.ts';

/** One that has prevoted nil in round 0, at the end of its patience, and stopped. */
function havingVoted(): LoneReplica {
  const node = startLoneReplica();
  const [b, c] = node.hospitals;
  for (const each of [b, c])
    if (each !== undefined) node.tell(each, { type: 'votes', votes: [node.vote(each, 'prevote', null)] });
  node.clock.advance(node.chain.genesis.params.propose.baseMs);
  expect(slotsOf(node).some((slot) => (slot?.record.height ?? 0) > 0)).toBe(true);
  node.opened.replica.stop();
  return node;
}

function slotsOf({ home, chain, self }: LoneReplica) {
  const file = home.disk.read(SIGNING_RECORD_FILE) ?? new Uint8Array(0);
  const owner = { genesis: chain.deps.genesisHash, validator: self.id };
  return [0, 1].map((index) =>
    decodeSlot(file.subarray(index * SIGNING_SLOT_BYTES, (index + 1) * SIGNING_SLOT_BYTES), owner),
  );
}

/** A bit of the newer slot, whose signature has left, changes on the disk. */
function flipNewestSlot(node: LoneReplica): void {
  const [first, second] = slotsOf(node);
  const index = (first?.sequence ?? 0) > (second?.sequence ?? 0) ? 0 : 1;
  const file = node.home.disk.read(SIGNING_RECORD_FILE) ?? new Uint8Array(0);
  const at = index * SIGNING_SLOT_BYTES + 20;
  node.home.disk.put(SIGNING_RECORD_FILE, file.with(at, (file[at] ?? 0) ^ 1));
}

describe('a record that a killed process left to the memory of the system', () => {
  test('is durable before the log that explains it ends with its height', () => {
    const node = startLoneReplica();
    const [b, c] = node.hospitals;
    for (const each of [b, c])
      if (each !== undefined) node.tell(each, { type: 'votes', votes: [node.vote(each, 'prevote', null)] });
    const { disk } = node.home;
    const { sync } = disk;
    disk.sync = (name, done) => {
      if (name !== SIGNING_RECORD_FILE) sync(name, done);
    };
    node.clock.advance(node.chain.genesis.params.propose.baseMs);
    node.opened.replica.stop();
    expect(disk.unsynced(SIGNING_RECORD_FILE)).toBe(1);
    disk.sync = sync;
    startUnheard(node.home).opened.replica.stop();
    expect(disk.unsynced(SIGNING_RECORD_FILE)).toBe(0);
  });
});

describe('a node whose newest slot of the signing record was changed on the disk', () => {
  test('signs at once while the log of the height says what it signed', () => {
    const node = havingVoted();
    flipNewestSlot(node);
    const again = startLoneReplica(node.home);
    expect(again.opened.replica.status().signing).toBe('signing');
  });

  test('knows what it signed for its own although no quorum was heard yet', () => {
    const node = havingVoted();
    // The log holds the message; that it came back signed was not synced.
    node.home.disk.crash();
    flipNewestSlot(node);
    const again = startUnheard(node.home);
    const [b] = again.hospitals;
    const own = again.vote(again.self, 'precommit', null);
    if (b !== undefined) again.tell(b, { type: 'votes', votes: [own] });
    expect(again.log.codes()).not.toContain('signing.foreign');
    expect(again.opened.signer.record()).toMatchObject({ height: 1, round: 0, kind: 'precommit' });
    expect(again.opened.signer.record().signature).toBe(own.signature);
  });

  test('has a whole record from then on: the log that explained it ends with its height', () => {
    const node = havingVoted();
    flipNewestSlot(node);
    const again = startLoneReplica(node.home);
    expect(slotsOf(again)).not.toContain(undefined);
    again.opened.replica.stop();
    again.home.disk.remove(WAL_FILE);
    const later = startLoneReplica(again.home);
    expect(later.log.events).not.toContainEqual(expect.objectContaining({ reason: 'damaged' }));
  });

  test('watches when the log of the height is gone as well: what that slot said may have left', () => {
    const node = havingVoted();
    flipNewestSlot(node);
    node.home.disk.remove(WAL_FILE);
    const again = startLoneReplica(node.home);
    expect(again.opened.replica.status().signing).toBe('observing');
    expect(again.log.events).toContainEqual(
      expect.objectContaining({ code: 'signing.observing', reason: 'damaged' }),
    );
  });
});
