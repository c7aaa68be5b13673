// Owns: getting an action committed whatever happens to nodes meanwhile: a transaction that nobody can vouch for is
// followed until it is committed or proven dead, and only then replaced. Does not own: what the action does.
import { type Action, ConsiliumError, decodeTx } from '@consilium/core';
import type { Client } from '../client/client.ts';
import type { UnsettledTx } from '../client/submit.ts';
import type { ProvenTx } from '../client/transactions.ts';
import type { Signer } from '../keys/derive.ts';
import { type Patience, persist } from './patience.ts';

/** The committed transaction, whatever its code. Throws the refusal of a node, and what `Patience` throws. */
export async function submitUntilSettled(
  client: Client,
  actions: readonly Action[],
  signer: Signer,
  patience: Patience,
  onWait: (reason: ConsiliumError) => void = () => undefined,
): Promise<ProvenTx> {
  for (;;) {
    // What is thrown here as being about a node was never sent: a new transaction cannot stand beside it.
    const outcome = await persist(patience, onWait, () => client.submit(actions, signer));
    if (outcome.state === 'committed') return outcome;
    const settled = await untilKnown(client, outcome, signer, patience);
    if (settled !== 'dead') return settled;
  }
}

async function untilKnown(
  client: Client,
  { bytes }: UnsettledTx,
  signer: Signer,
  patience: Patience,
): Promise<ProvenTx | 'dead'> {
  const tx = decodeTx(bytes);
  for (let round = 0; ; round += 1) {
    const fate = await persist(
      patience,
      () => undefined,
      () => client.settle(tx, { signer }),
    );
    if (fate.state === 'committed') return fate;
    if (fate.state === 'dead') return 'dead';
    await patience.wait(round, new ConsiliumError('TX_STATE_UNKNOWN', { id: tx.id }));
  }
}
