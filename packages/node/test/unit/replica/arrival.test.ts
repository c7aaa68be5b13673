import { describe, expect, test } from 'vitest';
import { SIGNING_RECORD_FILE, WAL_FILE } from '../../../src/replica/open.ts';
import { type LoneReplica, startLoneReplica, startUnheard } from '../../support/lone-replica.ts';

/** Two prevote nil, and it runs out of patience: then it has a prevote and a precommit of its own to sign. */
function wake(node: LoneReplica): void {
  for (const each of node.hospitals.slice(0, 2))
    node.tell(each, { type: 'votes', votes: [node.vote(each, 'prevote', null)] });
  node.clock.advance(node.chain.genesis.params.propose.baseMs);
}

function ownVotesTold(node: LoneReplica): unknown[] {
  const [first] = node.hospitals;
  if (first === undefined) return [];
  return node
    .toldTo(first)
    .flatMap((message) => (message.type === 'votes' ? message.votes : []))
    .filter(({ validator }) => validator === node.self.id)
    .map(({ type }) => type);
}

describe('A replica after its start', () => {
  test('signs nothing before it has heard a quorum, and then at once what it had to say, in its order', () => {
    const node = startUnheard();
    wake(node);
    expect(node.opened.replica.status().signing).toBe('hearing');
    expect(node.opened.signer.record().height).toBe(0);
    expect(ownVotesTold(node)).toEqual([]);

    const [first, second] = node.hospitals;
    if (first !== undefined) node.tell(first, node.status(1));
    expect(ownVotesTold(node)).toEqual([]);
    if (second !== undefined) node.tell(second, node.status(1));
    expect(node.opened.replica.status().signing).toBe('signing');
    expect(ownVotesTold(node)).toEqual(['prevote', 'precommit']);
  });

  test('signs nothing at a height that a third of the power says is decided', () => {
    const node = startUnheard();
    wake(node);
    for (const each of node.hospitals.slice(0, 2)) node.tell(each, node.status(5));
    node.clock.advance(60_000);
    expect(node.opened.replica.status().signing).toBe('hearing');
    expect(node.opened.signer.record().height).toBe(0);
    expect(ownVotesTold(node)).toEqual([]);
  });

  test('that has stopped before it was heard signs after its next start what its log holds', () => {
    const node = startUnheard();
    wake(node);
    node.opened.replica.stop();
    const again = startLoneReplica(node.home);
    expect(ownVotesTold(again)).toEqual(['prevote', 'precommit']);
  });

  test('votes at the height that it has watched so far, when its operator ends the observation there', () => {
    const first = startLoneReplica();
    first.opened.replica.stop();
    first.home.disk.remove(SIGNING_RECORD_FILE);
    // The height began while it watched.
    first.home.disk.remove(WAL_FILE);
    const watching = startLoneReplica(first.home);
    wake(watching);
    expect(watching.opened.replica.status().signing).toBe('observing');
    expect(ownVotesTold(watching)).toEqual([]);
    watching.opened.replica.stop();

    const again = startLoneReplica(watching.home, 1);
    wake(again);
    expect(again.opened.replica.status().signing).toBe('signing');
    expect(ownVotesTold(again)).toEqual(['prevote', 'precommit']);
  });
});
