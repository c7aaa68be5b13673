// Owns: `consent grant`: a patient, or who acts for the patient, permits or denies. Words become tags here, under the
// patient's own secret; none leaves this machine. Does not own: what the options say (consent-options.ts).
import {
  accountsIn,
  agreementOf,
  type ConsentTerms,
  consentSentence,
  formatGrant,
  grantOfPlain,
  grantTerms,
  ledgerReferencesIn,
  type PlainConsent,
  type ProvenTx,
  termsOfPlain,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { addConsentOptions, type ConsentOptions, isTyped, plainConsentOf } from '../consent-options.ts';
import type { Io } from '../io.ts';
import { fields, printable } from '../print/text.ts';
import { type Acting, type ActingOptions, actingOf, addActingOptions, mustTagKey } from '../setup/acting.ts';
import {
  type AgreementOptions,
  addAgreementOptions,
  type KeptAgreement,
  keptAgreement,
} from '../setup/agreement-files.ts';
import { consentsInFile } from '../setup/consent-files.ts';
import { discardOnRefusal, pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { asUsage, usage } from '../usage.ts';

interface Options extends NetworkOptions, ActingOptions, SubmitTimeout, ConsentOptions, AgreementOptions {
  readonly agreement?: string;
  readonly file?: string;
  readonly grantOut?: string;
}

export const registerConsentGrant: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'grant',
      summary: 'permit or deny access to records: to whom, of what, for a purpose and a time',
      examples: [
        'npx consilium consent grant --to Inselspital --as anna.json',
        'npx consilium consent grant --to keller --category laboratory --exclude PSY --until 2027-05-31 --as anna.json',
        'npx consilium consent grant --role doctor --data-from 2024-01 --data-to 2026-12 --grant-out for-doctors.json --as anna.json',
        "npx consilium consent grant --to Inselspital --except 'category=laboratory purpose=HPAYMT' --as anna.json",
        'npx consilium consent grant --deny --to keller --as anna.json',
        'npx consilium consent grant --to keller --agreement P-17 --terms terms.txt --as anna.json',
        'npx consilium consent grant --to keller --for delegate.json --as mother.json',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addActingOptions(
            addAgreementOptions(addConsentOptions(command))
              .option('--file <consent.json>', 'what a FHIR R4 Consent says, in place of all of this')
              .option(
                '--grant-out <file>',
                'where to write what the grantee needs to ask by category, in secret',
              ),
          ),
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const acting = await actingOf(place.io, network, options);
        const consent = await consentOf(place.io, network, options);
        const owner = { genesis: network.client.genesisHash, patient: acting.patient };
        const kept = await keptAgreement(place.io, owner, options);
        const whole = kept === undefined ? consent : { ...consent, agreement: agreementOf(kept.file) };
        const terms = asUsage('consent', () => termsOfPlain(whole, ledgerReferencesIn, mustTagKey(acting)));
        const action = asUsage('consent', () => grantTerms(acting.patient, terms));
        const grant = await writeGrant(place.io, network, acting, whole, options);
        const files = [grant, kept?.path].filter((path) => path !== undefined);
        const tx = await discardOnRefusal(files, () =>
          submitted(place.io, network, [action], acting.signer, options),
        );
        return shown(network, acting, terms, { grant, kept }, tx);
      }),
  );

async function consentOf(io: Io, network: Network, options: Options): Promise<PlainConsent> {
  if (options.file === undefined) return plainConsentOf(io, network, options);
  if (isTyped(options)) throw usage('give --file, or say what the consent says, not both');
  const { consents } = await consentsInFile(io, options.file);
  const [only, ...others] = consents;
  if (only === undefined || others.length > 0)
    throw usage(`this file is ${consents.length} consents: npx consilium consent import takes any number`);
  return only.consent;
}

/** Before anything is sent: a consent that cannot be handed over would have to be revoked again. */
async function writeGrant(
  io: Io,
  { client }: Network,
  acting: Acting,
  consent: PlainConsent,
  { grantOut }: Options,
): Promise<string | undefined> {
  if (grantOut === undefined) return undefined;
  const { institution, patient } = acting;
  if (institution === null || consent.decision === 'deny') throw usage('--grant-out is of what is permitted');
  const path = pathOf(io, grantOut);
  const owner = { genesis: client.genesisHash, institution, account: patient, ...mustTagKey(acting) };
  await writeNew(path, formatGrant(grantOfPlain(consent.rule, owner)), SECRET_MODE);
  return path;
}

interface Written {
  readonly grant: string | undefined;
  readonly kept: KeptAgreement | undefined;
}

async function shown(
  network: Network,
  { patient, tagKey }: Acting,
  terms: ConsentTerms,
  { grant, kept }: Written,
  tx: ProvenTx,
): Promise<Result> {
  const index = tx.outcomes[0]?.index ?? null;
  const names = await namesOf(network, accountsIn(terms));
  const sentence = consentSentence(terms, tagKey, names);
  const files = { grant: grant ?? null, agreement: kept?.path ?? null };
  return {
    data: { ...summaryOf(tx), consent: index, patient, sentence, ...files },
    lines: [
      printable(sentence),
      ...fields([
        ['consent', index ?? ''],
        ['patient', patient],
        ...(grant === undefined ? [] : [['grant (secret)', grant] as const]),
        ...(kept === undefined ? [] : [['accepted terms (secret)', kept.path] as const]),
      ]),
      committedLine(tx),
    ],
  };
}
