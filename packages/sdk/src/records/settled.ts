// Owns: getting an action committed whatever happens to nodes meanwhile: a transaction that nobody can vouch for is
// followed until it is committed or proven dead, and only then replaced. Does not own: what the action does.
import { type Action, ConsiliumError, isConsiliumError, type Tx } from '@consilium/core';
import type { Client } from '../client/client.ts';
import { isAboutNode } from '../client/session.ts';
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
    const tx = client.buildTx(actions, signer);
    const settled = await untilSettled(client, tx, signer, patience, onWait);
    if (settled !== 'dead') return settled;
  }
}

/** What became of a signed transaction, sent now or before: `dead` when it is proven that it never happened. */
export async function untilSettled(
  client: Client,
  tx: Tx,
  signer: Signer,
  patience: Patience,
  onWait: (reason: ConsiliumError) => void = () => undefined,
): Promise<ProvenTx | 'dead'> {
  return (await sendWhileValid(client, tx, patience, onWait)) ?? untilKnown(client, tx, signer, patience);
}

/** undefined: its time is over, and nobody has shown it committed. */
async function sendWhileValid(
  client: Client,
  tx: Tx,
  patience: Patience,
  onWait: (reason: ConsiliumError) => void,
): Promise<ProvenTx | undefined> {
  for (let round = 0; client.session.now() <= tx.validUntil; round += 1) {
    patience.check();
    try {
      const outcome = await client.send(tx);
      return outcome.state === 'committed' ? outcome : undefined;
    } catch (error) {
      if (isConsiliumError(error, 'TX_EXPIRED')) return undefined;
      if (!isAboutNode(error) && !isConsiliumError(error, 'MEMPOOL_FULL')) throw error;
      onWait(error);
      await patience.wait(round, error);
    }
  }
  return undefined;
}

async function untilKnown(
  client: Client,
  tx: Tx,
  signer: Signer,
  patience: Patience,
): Promise<ProvenTx | 'dead'> {
  const ask = (): ReturnType<Client['settle']> => client.settle(tx, { signer });
  for (let round = 0; ; round += 1) {
    const fate = await persist(patience, () => undefined, ask);
    if (fate.state === 'committed') return fate;
    if (fate.state === 'dead') return 'dead';
    await patience.wait(round, new ConsiliumError('TX_STATE_UNKNOWN', { id: tx.id }));
  }
}
