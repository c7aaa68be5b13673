// Owns: following a node's light steps to its tip, and asking a quorum what is newest. Does not own: checking the steps
// (chain.ts, core's light-client.ts).
import {
  ConsiliumError,
  genesisState,
  type Hex32,
  isConsiliumError,
  isQuorum,
  type LightState,
  lightStepsShape,
  type SignedHeader,
  totalPower,
} from '@consilium/core';
import { LIGHT_PAGES_MAX } from '../limits.ts';
import { readField, readId, readInteger, readShape, unproven } from './answer.ts';
import { askNodes, type ReadOptions, type Session, stale } from './session.ts';

/**
 * Follows the node to its tip; gives that tip's height, or a bound below the client's own when the node is behind.
 * Throws `PROOF_INVALID` when a step is not decided by the set of its height.
 */
export async function syncWith(session: Session, node: string): Promise<number> {
  // From one below the known tip: a node that has nothing there is behind, and one that has shows the tip again.
  let from = Math.max(0, session.chain.tip().height - 1);
  for (let page = 0; page < LIGHT_PAGES_MAX; page += 1) {
    const answer = await session.ask(node, { path: `/v1/light?from=${from}` });
    const steps = readShape(lightStepsShape, readField(answer, 'steps'), 'light steps');
    const next = readField(answer, 'next');
    session.chain.advance(steps);
    if (next === null) return steps.at(-1)?.header.height ?? from;
    const after = readInteger(next, 'next');
    if (after <= from) throw unproven('light steps');
    from = after;
  }
  throw unproven('light steps without end');
}

/**
 * The newest header that the first node which is not behind can show; before the first block what the genesis says.
 * Throws `STALE` below the floor.
 */
export async function syncToTip(session: Session, options: ReadOptions = {}): Promise<CertifiedTip> {
  const floor = await freshnessFloor(session, options);
  return askNodes(session, async (node) => {
    refuseBelow(floor, await syncWith(session, node));
    const tip = session.chain.tip();
    return { ...tip, stateRoot: tip.stateRoot ?? genesisState(session.chain.genesis).stateRoot };
  });
}

/** Where the chain stands; the root is known at height 0 too. */
export interface CertifiedTip extends LightState {
  readonly stateRoot: Hex32;
}

/** Checks a header of an answer of this node, following the sets first where the client has not seen them change. */
export async function certify(session: Session, node: string, signed: SignedHeader): Promise<void> {
  if (session.chain.accept(signed)) return;
  await syncWith(session, node);
  if (!session.chain.accept(signed)) throw unproven('set', signed.header.height);
}

/** The height below which an answer to this question is old. */
export async function freshnessFloor(session: Session, options: ReadOptions): Promise<number> {
  const asked = Math.max(session.minHeight, options.minHeight ?? 0);
  if (session.trustNode) return asked;
  if (options.fresh === true) await syncWithQuorum(session);
  return Math.max(asked, session.chain.tip().height);
}

export function refuseBelow(floor: number, height: number): void {
  if (height < floor) throw stale(height, floor);
}

/**
 * Asks every node for its institution and its newest header, shown with its certificate: a bare claim of a height
 * moves nothing. Throws `QUORUM_UNREACHABLE` when those that show one hold no quorum of the current set.
 */
async function syncWithQuorum(session: Session): Promise<void> {
  const shown = await Promise.all(session.nodes.map((node) => shownBy(session, node)));
  const institutions = new Set(shown.filter((id) => id !== undefined));
  const set = session.chain.tip().nextValidators;
  const power = totalPower(set.filter(({ id }) => institutions.has(id)));
  if (!isQuorum(power, totalPower(set)))
    throw new ConsiliumError('QUORUM_UNREACHABLE', { answered: power, validators: totalPower(set) });
}

/** Learns what the nodes but this one can show. Who shows nothing is passed over. */
export async function syncWithOthers(session: Session, node: string): Promise<void> {
  const others = session.nodes.filter((each) => each !== node);
  await Promise.all(others.map((each) => syncWith(session, each).catch(passCoded)));
}

/** A node that lies here shows nothing; that it lies is told when it is asked. */
function passCoded(error: unknown): undefined {
  if (isConsiliumError(error)) return undefined;
  throw error;
}

async function shownBy(session: Session, node: string): Promise<Hex32 | undefined> {
  try {
    const status = await session.ask(node, { path: '/v1/status' });
    const institution = readId(readField(status, 'institution'), 'institution');
    await syncWith(session, node);
    return institution;
  } catch (error) {
    return passCoded(error);
  }
}
