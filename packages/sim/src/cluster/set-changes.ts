// Owns: the boards of simulated hospitals: now and then one proposes to admit or to remove one, and all the others approve,
// again and again until the ledger says that it is done. Who is admitted starts its node, which asks for its place in the
// set by itself.
import {
  type Action,
  actionOf,
  CHANGE_PROPOSALS,
  findValidator,
  followerRole,
  followers,
  type GovernedChange,
  type Hex32,
  nextValidators,
  OPEN_PROPOSALS,
  readRow,
  SAFE_SET_COUNT,
  type StateReader,
  validatorsAfterNext,
} from '@consilium/core';
import type { Cluster } from './cluster.ts';
import type { Hospital } from './identities.ts';
import { ledgerState } from './membership.ts';
import { signTransaction, submit } from './transactions.ts';

export interface SetChanges {
  stop(): void;
}

/** From one meeting to the next in a network that has time. */
const MEETING_US = 1_500_000;
/** Probability that a meeting without anything open opens something. */
const PROPOSES = 0.25;

/** `pace`: 1 or less; the boards of a short run meet so much more often. */
export function startSetChanges(cluster: Cluster, pace = 1): SetChanges {
  const { scheduler, hospitals } = cluster;
  const prng = cluster.prng.fork('set changes');
  let running = true;

  const send = (sender: Hospital, action: Action): void => {
    const up = cluster.nodes.filter((node) => node.pool !== undefined);
    if (up.length === 0) return;
    submit(cluster, prng.pick(up), signTransaction(cluster, sender, [action], prng.bytes(16)));
  };

  const meet = (): void => {
    const state = ledgerState(cluster);
    if (state === undefined) return;
    startAdmitted(cluster, state);
    const open = readRow(state, OPEN_PROPOSALS) ?? [];
    const inSet = hospitals.filter(({ id }) => isIn(state, id));
    for (const { id } of open) {
      const approved = readRow(state, CHANGE_PROPOSALS, id)?.approvals ?? [];
      for (const member of inSet.filter((each) => !approved.includes(each.id)))
        send(member, actionOf('institutions.approve', { proposal: id }));
    }
    if (open.length > 0 || !prng.chance(PROPOSES)) return;
    const change = drawChange();
    if (change !== undefined) send(prng.pick(inSet), actionOf('institutions.propose', { change }));
  };

  const drawChange = (): GovernedChange | undefined => {
    const state = ledgerState(cluster) as StateReader;
    const outside = hospitals.filter(({ id }) => !isIn(state, id) && followerRole(state, id) === undefined);
    const set = validatorsAfterNext(state);
    const mayRemove = set.length > SAFE_SET_COUNT;
    if (outside.length > 0 && (!mayRemove || prng.chance(0.5)))
      return { type: 'admit', card: prng.pick(outside).card };
    return mayRemove ? { type: 'remove', institution: prng.pick(set).id, confirmName: null } : undefined;
  };

  const arm = (): void => {
    scheduler.after(Math.ceil(MEETING_US * pace), () => {
      if (!running) return;
      meet();
      arm();
    });
  };
  arm();
  return {
    stop: () => {
      running = false;
    },
  };
}

function isIn(state: StateReader, id: Hex32): boolean {
  return findValidator(validatorsAfterNext(state), id) !== undefined;
}

/** A guest's node comes up once its hospital is let in; it starts empty. */
function startAdmitted({ nodes, founders }: Cluster, state: StateReader): void {
  const admitted = new Set([
    ...[...nextValidators(state), ...validatorsAfterNext(state)].map(({ id }) => id),
    ...followers(state).map(({ institution }) => institution),
  ]);
  for (const node of nodes.slice(founders.hospitals.length)) {
    if (admitted.has(node.id) && !node.hasStarted) node.start();
  }
}
