// A patient with two records in the emergency dataset and one outside, and at the second hospital who breaks the glass, a
// doctor who may say that more is needed, and a privacy officer.
import { accountIdOf, type ClinicianRole } from '@consilium/core';
import { type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import { type ClientOptions, ingestRecords, issueCredential, type Signer } from '../../src/index.ts';
import { createRecordsScene, observation, type RecordsScene, resourceSource } from './records-scene.ts';

export interface EmergencyScene extends RecordsScene {
  /** Where those below work. */
  readonly place: Signer;
  readonly rescuer: Signer;
  readonly officer: Signer;
}

export async function createEmergencyScene(
  names?: readonly string[],
  options: Partial<ClientOptions> = {},
): Promise<EmergencyScene> {
  const scene = createRecordsScene(names, options);
  const { chain } = scene.custody.ledger;
  const [, { id, account }] = chain.hospitals as [Hospital, Hospital];
  const place = { account: id, key: account };
  const hire = (name: string, role: ClinicianRole, emergency: boolean): Signer => {
    const key = keyOf(name);
    const credential = { role, speciality: null, emergency };
    scene.commit(place, issueCredential(chain.deps.genesisHash, id, key, credential));
    return { account: accountIdOf(key.publicKey), key };
  };
  const sources = [true, false, true].map((emergency, nr) => ({
    ...resourceSource(scene.patient, observation(nr), `bundle.json#${nr}`),
    emergency,
  }));
  await ingestRecords(scene.client, sources, { signer: scene.author });
  return Object.assign(scene, {
    place,
    rescuer: hire('rescuer', 'doctor', true),
    officer: hire('officer', 'privacy-officer', false),
  });
}

/** A block so much later. */
export function later(scene: RecordsScene, ms: number): void {
  const { chain, commit } = scene.custody.ledger;
  commit([], { time: chain.view().tip.time + ms });
}
