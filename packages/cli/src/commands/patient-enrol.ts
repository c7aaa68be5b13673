// Owns: `patient enrol`: an account for a patient at one institution, made by the patient's wallet, opened by the
// institution. Wallet and register are written before anything is sent: the tag secret cannot be made again.
import {
  addEnrolment,
  ConsiliumError,
  type Enrolment,
  enrolmentRequest,
  enrolPatient,
  findPatient,
  formatWallet,
  isConsiliumError,
  type PatientRegister,
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
import {
  addRegisterOption,
  type RegisterOption,
  readRegister,
  registerPath,
  withPatient,
  writeRegister,
} from '../setup/register.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { isHexId, usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, RegisterOption, SubmitTimeout {
  readonly wallet: string;
  readonly local?: string;
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
        'npx consilium patient enrol --wallet anna.json --local MRN-0815 --as inselspital',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            addRegisterOption(
              command
                .requiredOption('--wallet <name|file>', "the patient's wallet")
                .option(
                  '--local <name>',
                  "the institution's own name or number for the patient (default: the pseudonym's first 8 digits)",
                ),
            ),
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
  options: Options,
): Promise<Result> {
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const { wallet, enrolment } = addEnrolment(before, network.client.genesisHash, signer.account, random);
  const file = registerPath(io, network, signer.account, options);
  const known = await network.client.account(enrolment.account, network.read);
  if (known.value !== null && wallet !== before) throw lostEnrolment(enrolment);
  if (known.value !== null) return enterAgain(file, network, wallet, enrolment, options);
  const register = await registerWith(file, network, wallet, enrolment, options);
  await writeWhole(path, formatWallet(wallet), SECRET_MODE);
  await writeRegister(file, register);
  const action = enrolPatient(enrolmentRequest(wallet, enrolment));
  const tx = await submitted(io, network, [action], signer, options);
  return shown(enrolment, localOf(enrolment, options), file, tx);
}

/** With another tag secret a consent that excludes a label would not know the records that are written from now on. */
function lostEnrolment({ account }: Enrolment): ConsiliumError {
  return new ConsiliumError(
    'ACCOUNT_EXISTS',
    { account },
    'enrolled before, and this wallet has lost the secret of it: use a copy of the wallet that has it',
  );
}

/** A register that was lost, or kept elsewhere, gets what it lacks. Throws `ACCOUNT_EXISTS` when it lacks nothing. */
async function enterAgain(
  file: string,
  network: Network,
  wallet: PatientWallet,
  enrolment: Enrolment,
  options: Options,
): Promise<Result> {
  const { account, institution } = enrolment;
  const before = await readRegister(file, network, institution);
  if (before !== undefined && findPatient(before, account) !== undefined)
    throw new ConsiliumError('ACCOUNT_EXISTS', { account });
  await writeRegister(file, await registerWith(file, network, wallet, enrolment, options));
  return shown(enrolment, localOf(enrolment, options), file, undefined);
}

async function registerWith(
  file: string,
  network: Network,
  wallet: PatientWallet,
  enrolment: Enrolment,
  options: Options,
): Promise<PatientRegister> {
  const { institution, account, tagSecret, tagGeneration } = enrolment;
  const { encryptionKey } = enrolmentRequest(wallet, enrolment);
  const local = localOf(enrolment, options);
  try {
    const entry = { local, account, encryptionKey, tagSecret, tagGeneration };
    return await withPatient(file, network, institution, entry);
  } catch (error) {
    if (!isConsiliumError(error, 'VALUE_INVALID')) throw error;
    throw usage(
      `the register has this name for another patient, or another name for this one: give another --local`,
    );
  }
}

function localOf({ account }: Enrolment, { local }: Options): string {
  if (local === undefined) return account.slice(0, 8);
  if (local === '' || isHexId(local)) throw usage('--local is a name or a number, and no account id');
  return local;
}

function shown(
  { institution, account }: Enrolment,
  local: string,
  register: string,
  tx: Parameters<typeof summaryOf>[0] | undefined,
): Result {
  return {
    data: { ...(tx !== undefined && summaryOf(tx)), account, institution, local, register },
    lines: [
      ...fields([
        ['account', account],
        ['at', institution],
        ['local name', local],
        ['register (secret)', register],
      ]),
      tx === undefined ? 'was enrolled before; the register has the patient again' : committedLine(tx),
    ],
  };
}
