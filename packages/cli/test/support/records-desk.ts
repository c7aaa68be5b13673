// A desk with hospitals that keep records: a patient's wallet, a doctor at another hospital, and every key in a file.
import { accountIdOf } from '@consilium/core';
import { createKeyFile, formatKeyFile, issueCredential } from '@consilium/sdk';
import { type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import { createFakeCustody, type FakeCustody } from '../../../sdk/test/support/fake-custody.ts';
import { createDesk, type Desk, use } from './desk.ts';
import { serve } from './served-node.ts';

export interface RecordsDesk extends AsyncDisposable {
  readonly desk: Desk;
  readonly custody: FakeCustody;
  /** Its key is the one that commands use unless told otherwise. */
  readonly hospital: Hospital;
  readonly elsewhere: Hospital;
  /** Account of the doctor elsewhere, whose key is doctor.json. */
  readonly doctor: string;
}

/** `anna.json` is enrolled as MRN-1, `doctor.json` works at the second hospital, each hospital has `NAME.json`. */
export async function createRecordsDesk(): Promise<RecordsDesk> {
  const custody = createFakeCustody();
  const { chain, commit } = custody.ledger;
  const [hospital, elsewhere] = chain.hospitals as [Hospital, Hospital];
  const served = await Promise.all(custody.nodes.map((node) => serve(node)));
  const desk = createDesk();
  desk.now = () => chain.view().tip.time;
  use(desk, served.map(({ url }) => url).join(','), chain.genesis);
  for (const { name, account } of chain.hospitals)
    desk.write(`${name}.json`, formatKeyFile(createKeyFile(name, 'institution', account)));
  desk.env['CONSILIUM_KEY'] = `${hospital.name}.json`;
  const key = keyOf('doctor elsewhere');
  desk.write('doctor.json', formatKeyFile(createKeyFile('doctor', 'clinician', key)));
  const credential = { role: 'doctor', speciality: null, emergency: false } as const;
  const issue = issueCredential(chain.deps.genesisHash, elsewhere.id, key, credential);
  commit([chain.tx(elsewhere.id, elsewhere.account, [issue])]);
  await desk.json('key', 'new', 'anna.json', '--role', 'patient');
  await desk.json('patient', 'enrol', '--wallet', 'anna.json', '--local', 'MRN-1');
  return {
    desk,
    custody,
    hospital,
    elsewhere,
    doctor: accountIdOf(key.publicKey),
    [Symbol.asyncDispose]: async () => {
      desk[Symbol.dispose]();
      await Promise.all(served.map((each) => each[Symbol.asyncDispose]()));
    },
  };
}

export function bundleOf(...resources: readonly object[]): string {
  const entry = resources.map((resource) => ({ resource }));
  return JSON.stringify({ resourceType: 'Bundle', type: 'collection', entry });
}
