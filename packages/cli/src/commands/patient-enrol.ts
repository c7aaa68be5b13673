// Owns: `patient enrol`: an account for a patient at one institution, made by the patient's wallet, opened by the
// institution. The wallet is written before anything is sent: its tag secret cannot be made again.
import {
  addEnrolment,
  ConsiliumError,
  type Enrolment,
  enrolmentRequest,
  enrolPatient,
  formatWallet,
  type PatientWallet,
  type Signer,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { fields } from '../print/text.ts';
import { SECRET_MODE, writeWhole } from '../setup/files.ts';
import {
  accountSigner,
  addSigningOption,
  identityOf,
  readIdentity,
  type SigningOptions,
} from '../setup/identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {
  readonly wallet: string;
}

export const registerPatientEnrol: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'enrol',
      summary: "enrol a patient at an institution, under a pseudonym that only the patient's wallet can link",
      examples: [
        'npx consilium key new anna.json --role patient',
        'npx consilium patient enrol --wallet anna.json --as inselspital',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            command.requiredOption('--wallet <name|file>', "the patient's wallet"),
            'the institution',
          ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'the institution');
        const patient = await readIdentity(place.io, options.wallet, network.devnet);
        if (patient.type !== 'wallet')
          throw usage("--wallet names a patient's wallet (key new --role patient)");
        return enrol(place.io, network, patient.path, patient.wallet, signer, options);
      }),
  );

async function enrol(
  io: Io,
  network: Network,
  path: string,
  before: PatientWallet,
  signer: Signer,
  options: SubmitTimeout,
): Promise<Result> {
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const { wallet, enrolment } = addEnrolment(before, network.client.genesisHash, signer.account, random);
  const known = await network.client.account(enrolment.account, network.read);
  if (known.value !== null) throw new ConsiliumError('ACCOUNT_EXISTS', { account: enrolment.account });
  await writeWhole(path, formatWallet(wallet), SECRET_MODE);
  const action = enrolPatient(enrolmentRequest(wallet, enrolment));
  const tx = await submitted(io, network, [action], signer, options);
  return shown(enrolment, tx);
}

function shown({ institution, account }: Enrolment, tx: Parameters<typeof summaryOf>[0]): Result {
  return {
    data: { ...summaryOf(tx), account, institution },
    lines: [
      ...fields([
        ['account', account],
        ['at', institution],
      ]),
      committedLine(tx),
    ],
  };
}
