// Owns: a patient of a devnet, enrolled through one hospital. Does not own: what is done with the patient's keys.
import { addEnrolment, createWallet, enrolmentRequest, enrolPatient } from '@consilium/sdk';
import type { Prng } from '@consilium/sim';
import type { Door, Workload } from './workload.ts';

export interface Enrolled extends ReturnType<typeof addEnrolment> {
  readonly encryptionKey: ReturnType<typeof enrolmentRequest>['encryptionKey'];
}

/** Resolves when the patient stands on the ledger. */
export async function enrol({ write }: Workload, door: Door, prng: Prng): Promise<Enrolled> {
  const { client, signer } = door;
  const random = (length: number): Uint8Array => prng.bytes(length);
  const { wallet, enrolment } = addEnrolment(
    createWallet(random),
    client.genesisHash,
    signer.account,
    random,
  );
  const request = enrolmentRequest(wallet, enrolment);
  const { code } = await write(door, [enrolPatient(request)], signer);
  if (code !== 'OK') throw new Error('a patient was not enrolled before the faults began');
  return { wallet, enrolment, encryptionKey: request.encryptionKey };
}
