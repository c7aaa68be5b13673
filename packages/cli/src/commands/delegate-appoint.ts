// Owns: `delegate appoint`: a patient names a proxy, or the hospital that enrolled the patient a guardian, with scope and end.
import { DELEGATION_SCOPES, type DelegationTerms } from '@consilium/core';
import {
  appointDelegate,
  DELEGATE_KIND,
  type Enrolment,
  formatDelegateFile,
  type Hex32,
  type Signer,
  type TagKey,
} from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { delegationSentence } from '../print/delegations.ts';
import { fields, printable } from '../print/text.ts';
import { discardOnRefusal, pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import {
  accountSigner,
  addSigningOption,
  enrolmentOf,
  identityOf,
  patientSignerOf,
  readIdentity,
} from '../setup/identity.ts';
import { accountIdNamed, institutionIdOf, namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addRegisterOption } from '../setup/register.ts';
import { addAtOption, type SubjectOptions, subjectOf } from '../setup/subject.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { collect, isHexId, listOf, oneOf, timeOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SubjectOptions, SubmitTimeout {
  readonly scope?: readonly string[];
  readonly from?: string;
  readonly until: string;
  readonly handOver?: string;
}

export const registerDelegateAppoint: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'appoint <delegate>',
      summary:
        'let somebody act for a patient: a proxy by the patient, a guardian by the hospital that enrolled the patient',
      examples: [
        'npx consilium delegate appoint ACCOUNT --scope read --scope consent --until 90d --as anna.json',
        'npx consilium delegate appoint ACCOUNT --scope read --hand-over for-mother.json --patient MRN-1 --as inselspital',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            addRegisterOption(
              addAtOption(
                command
                  .option(
                    '--patient <name|account>',
                    'of a guardian: whose, as the register calls the patient',
                  )
                  .option('--scope <scope>', `${DELEGATION_SCOPES.join(', ')} (default: read)`, collect)
                  .option('--from <time>', 'from when on (default: now)')
                  .option(
                    '--until <time>',
                    'until when: 2027-05-31 (ends as that day begins, UTC), a time, or 90d',
                    '365d',
                  )
                  .option(
                    '--hand-over <file>',
                    'where to write, in secret, what the delegate needs to grant in words',
                  ),
              ),
            ),
            "the patient's wallet, or of the hospital",
          ),
        ),
      ),
    ([named = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const appointing = await appointingOf(place.io, network, options);
        const { patient, signer, kind } = appointing;
        const delegate = await personNamed(place.io, network, named);
        const terms = { delegate, kind, ...spanOf(place.io, options) };
        const file = await handedOver(place.io, network, appointing, options.handOver);
        const tx = await discardOnRefusal(file === undefined ? [] : [file], () =>
          submitted(place.io, network, [appointDelegate(patient, terms)], signer, options),
        );
        const index = tx.outcomes[0]?.index ?? null;
        const sentence = delegationSentence(terms, await namesOf(network, [delegate]));
        return {
          data: { ...summaryOf(tx), delegation: index, patient, ...terms, sentence, file: file ?? null },
          lines: [
            printable(sentence),
            ...fields([
              ['delegation', index ?? ''],
              ['patient', patient],
              ...(file === undefined ? [] : [['for the delegate (secret)', file] as const]),
            ]),
            committedLine(tx),
          ],
        };
      }),
  );

function spanOf(io: Io, options: Options): Pick<DelegationTerms, 'scopes' | 'period'> {
  const now = io.now();
  const from = options.from === undefined ? now : timeOf(options.from, '--from', now);
  const until = timeOf(options.until, '--until', now);
  if (until <= from) throw usage('--until must lie after --from');
  const scopes = listOf(options.scope ?? ['read']).map((scope) => oneOf(DELEGATION_SCOPES, scope, '--scope'));
  return { scopes, period: { from, until } };
}

interface Appointing {
  readonly patient: Hex32;
  readonly signer: Signer;
  readonly kind: 'guardian' | 'proxy';
  readonly institution: Hex32;
  readonly tagKey: TagKey | undefined;
}

async function appointingOf(io: Io, network: Network, options: Options): Promise<Appointing> {
  const identity = await identityOf(io, options, network.devnet);
  if (identity.type === 'wallet') {
    const at = options.at === undefined ? undefined : await institutionIdOf(network, options.at);
    const enrolment: Enrolment = enrolmentOf(identity, network.client.genesisHash, at);
    const { account: patient, institution } = enrolment;
    return {
      patient,
      institution,
      signer: patientSignerOf(identity, enrolment),
      kind: 'proxy',
      tagKey: enrolment,
    };
  }
  if (options.patient === undefined) throw usage('say whose guardian: --patient NAME|ACCOUNT');
  const signer = accountSigner(identity, 'the hospital');
  const { account: patient, vocabulary } = await subjectOf(io, network, options);
  const tagKey = vocabulary.type === 'key' ? vocabulary.key : undefined;
  return { patient, signer, kind: 'guardian', institution: signer.account, tagKey };
}

/** An account id, a key by name or file, or the wallet of a patient who is enrolled once. */
async function personNamed(io: Io, network: Network, named: string): Promise<Hex32> {
  if (isHexId(named)) return named;
  const identity = await readIdentity(io, named, network.devnet);
  if (identity.type !== 'wallet') return accountIdNamed(io, network, named);
  return enrolmentOf(identity, network.client.genesisHash, undefined).account;
}

async function handedOver(
  io: Io,
  { client }: Network,
  { patient, institution, tagKey }: Appointing,
  file: string | undefined,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  if (tagKey === undefined)
    throw usage('--hand-over needs the tag secret: the wallet or the register has it');
  const { tagSecret, tagGeneration } = tagKey;
  const path = pathOf(io, file);
  const ids = { genesis: client.genesisHash, institution, patient };
  const content = { kind: DELEGATE_KIND, version: 1, ...ids, tagSecret, tagGeneration } as const;
  await writeNew(path, formatDelegateFile(content), SECRET_MODE);
  return path;
}
