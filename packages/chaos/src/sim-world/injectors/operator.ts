// Owns: mistakes of operators in the simulator, but those that need a disk's help (disk.ts) or a second machine
// (byzantine.ts).
import {
  actionOf,
  CHANGE_PROPOSALS,
  findValidator,
  nextValidators,
  OPEN_PROPOSALS,
  readRow,
  validatorsAfterNext,
} from '@consilium/core';
import { type Cluster, ledgerState, signTransaction, submit } from '@consilium/sim';
import { each, type Injectors } from '../injector.ts';

const MEETING_US = 300_000;

export const OPERATOR_FAULTS: Injectors = {
  'removed-validator': each(({ cluster }, node, { prng }) => {
    let active = true;
    const meet = (): void => {
      if (!active) return;
      voteOut(cluster, node.id, prng.bytes(16));
      cluster.scheduler.after(MEETING_US, meet);
    };
    meet();
    return () => {
      active = false;
    };
  }),
};

/** Proposes once, and has everybody else approve what is open. */
function voteOut(cluster: Cluster, id: string, nonce: Uint8Array): void {
  const state = ledgerState(cluster);
  if (state === undefined || findValidator(validatorsAfterNext(state), id) === undefined) return;
  const up = cluster.nodes.find((node) => node.pool !== undefined && node.id !== id);
  const members = cluster.hospitals.filter(
    (hospital) => hospital.id !== id && findValidator(nextValidators(state), hospital.id) !== undefined,
  );
  const [first] = members;
  if (up === undefined || first === undefined) return;
  const [open] = readRow(state, OPEN_PROPOSALS) ?? [];
  if (open === undefined) {
    const change = { type: 'remove', institution: id, confirmName: null } as const;
    submit(
      cluster,
      up,
      signTransaction(cluster, first, [actionOf('institutions.propose', { change })], nonce),
    );
    return;
  }
  const approved = readRow(state, CHANGE_PROPOSALS, open.id)?.approvals ?? [];
  for (const [place, member] of members.entries()) {
    if (approved.includes(member.id)) continue;
    const action = actionOf('institutions.approve', { proposal: open.id });
    submit(
      cluster,
      up,
      signTransaction(
        cluster,
        member,
        [action],
        nonce.map((byte) => byte ^ (place + 1)),
      ),
    );
  }
}
