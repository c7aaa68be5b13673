// Owns: `record erase`: by the author it ends the records, and custodians destroy what they hold; by the patient it asks the
// author to. Does not own: the answer to a request (erasure-refuse.ts).
import { RECORDS, readRow } from '@consilium/core';
import {
  ConsiliumError,
  ERASURE_REASONS,
  type ErasureReason,
  eraseRecords,
  type Hex32,
  requestErasure,
  type Signer,
} from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import {
  accountSigner,
  addSigningOption,
  type Identity,
  identityOf,
  patientSignerOf,
  type SigningOptions,
} from '../setup/identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { hexIdOf, oneOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly reason: string;
}

export const registerRecordErase: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'erase <id...>',
      summary:
        'erase records: their custodians destroy shares, keys and ciphertext; a patient asks the author to',
      examples: [
        'npx consilium record erase ID --reason retention-over --as inselspital',
        'npx consilium record erase ID ID --reason patient-request --as anna.json',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            command.requiredOption('--reason <code>', ERASURE_REASONS.join(', ')),
            "the authoring institution, or of one of its clinicians; or the patient's wallet",
          ),
        ),
      ),
    (ids, options) =>
      withNetwork(place.io, options, async (network) => {
        const records = ids.map((id) => hexIdOf(id, 'ID'));
        const reason = oneOf(ERASURE_REASONS, options.reason, '--reason');
        const identity = await identityOf(place.io, options, network.devnet);
        const patient = await patientOf(network, records);
        const { asks, signer } = signerFor(identity, network, patient);
        const action = (asks ? requestErasure : eraseRecords)(patient, records, reason);
        const tx = await submitted(place.io, network, [action], signer, options);
        const index = tx.outcomes[0]?.index ?? null;
        return {
          data: { ...summaryOf(tx), patient, records, reason, [asks ? 'request' : 'erasure']: index },
          lines: [committedLine(tx), ...sentences(asks, index, reason)],
        };
      }),
  );

function sentences(asks: boolean, index: number | null, reason: ErasureReason): readonly string[] {
  if (asks) return [`request ${index} (${reason}): the institution erases, or refuses with its ground`];
  return [
    `erasure ${index}: nobody opens these records any more, and their custodians destroy what they hold`,
    'what was opened before cannot be taken back',
  ];
}

/** Throws `RECORD_NOT_FOUND`; `USAGE_INVALID` for records of several patients. */
async function patientOf({ client, read }: Network, records: readonly Hex32[]): Promise<Hex32> {
  const { value } = await client.read(
    (state) => records.map((record) => readRow(state, RECORDS, record)?.patient),
    read,
  );
  const [patient] = value;
  const unknown = records[value.indexOf(undefined)];
  if (patient === undefined || unknown !== undefined)
    throw new ConsiliumError('RECORD_NOT_FOUND', unknown === undefined ? {} : { record: unknown });
  if (value.some((other) => other !== patient))
    throw usage('these records are of several patients: one at a time');
  return patient;
}

/** A wallet asks under the enrolment whose records they are; any other key erases. */
function signerFor(
  identity: Identity,
  { client }: Network,
  patient: Hex32,
): { readonly asks: boolean; readonly signer: Signer } {
  if (identity.type === 'key')
    return { asks: false, signer: accountSigner(identity, 'an institution or a clinician') };
  const enrolment = identity.wallet.enrolments.find(
    ({ genesis, account }) => genesis === client.genesisHash && account === patient,
  );
  if (enrolment === undefined) throw usage('these records are of another patient than the wallet is of');
  return { asks: true, signer: patientSignerOf(identity, enrolment) };
}
