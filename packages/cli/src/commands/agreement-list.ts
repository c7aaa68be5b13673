// Owns: `agreement list`: a patient's data-use agreements, what was accepted, until when, and what was used under each.
import {
  type AgreementFile,
  type AgreementUse,
  acceptedTerms,
  accountsIn,
  agreementUses,
  ConsiliumError,
  consentSentence,
  type NameOf,
  parseAgreement,
  type TagKey,
} from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { wholeList } from '../listing.ts';
import { asOfLine, printable } from '../print/text.ts';
import { usesLines } from '../print/uses.ts';
import { checkOwnerOnly, pathOf, readText } from '../setup/files.ts';
import { addSigningOption } from '../setup/identity.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addRegisterOption } from '../setup/register.ts';
import { addAtOption, type SubjectOptions, subjectOf } from '../setup/subject.ts';
import { collect } from '../usage.ts';

interface Options extends NetworkOptions, SubjectOptions {
  readonly terms?: readonly string[];
}

export const registerAgreementList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list [patient]',
      summary: 'the data-use agreements of a patient, and what was used under each',
      examples: [
        'npx consilium agreement list --as anna.json',
        'npx consilium agreement list --terms agreement-P-17.json --as anna.json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          addRegisterOption(addAtOption(command)).option(
            '--terms <file>',
            'the kept file of an agreement: its accepted terms are shown',
            collect,
          ),
          "the patient's wallet; nothing is signed, it explains the tags",
        ),
      ),
    ([patient], options) =>
      withNetwork(place.io, options, async (network) => {
        const named = patient === undefined ? options : { ...options, patient };
        const subject = await subjectOf(place.io, network, named);
        const { consents, accesses } = network.client;
        const granted = await wholeList((part) => consents(subject.account, part), network.read);
        const entered = await wholeList((part) => accesses(subject.account, part), network.read);
        const agreements = agreementUses(granted.items, entered.items);
        const files = await filesOf(place.io, network, subject.account, options.terms ?? []);
        const names = await namesOf(network, agreements.flatMap(accountsOf));
        const key = subject.vocabulary.type === 'key' ? subject.vocabulary.key : null;
        const told = agreements.map((each) => toldOf(each, { files, names, key }));
        return {
          data: {
            asOf: entered.asOf,
            patient: subject.account,
            agreements: told.map(({ lines: _, ...data }) => data),
          },
          lines: [
            ...(told.length === 0 ? ['this patient has no data-use agreement'] : []),
            ...told.flatMap(({ lines }) => lines),
            asOfLine(entered.asOf),
          ],
        };
      }),
  );

async function filesOf(
  io: Io,
  { client }: Network,
  patient: string,
  paths: readonly string[],
): Promise<readonly AgreementFile[]> {
  const files: AgreementFile[] = [];
  for (const each of paths) {
    const path = pathOf(io, each);
    const text = await readText(path);
    await checkOwnerOnly(path);
    const file = parseAgreement(text);
    if (file.genesis !== client.genesisHash || file.patient !== patient)
      throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'of another patient' });
    files.push(file);
  }
  return files;
}

function accountsOf({ consents, uses }: AgreementUse): readonly string[] {
  return [
    ...consents.flatMap(accountsIn),
    ...uses.flatMap(({ reader, onBehalfOf }) => [reader, onBehalfOf ?? reader]),
  ];
}

interface Telling {
  readonly files: readonly AgreementFile[];
  readonly names: NameOf;
  readonly key: TagKey | null;
}

interface ToldAgreement {
  readonly project: string;
  readonly consents: readonly object[];
  readonly uses: AgreementUse['uses'];
  readonly lines: readonly string[];
}

function toldOf({ project, consents, uses }: AgreementUse, { files, names, key }: Telling): ToldAgreement {
  const told = consents.map((consent) => {
    const texts = files.flatMap((file) =>
      consent.agreement === null || file.project !== project
        ? []
        : acceptedTerms(file, consent.agreement).texts,
    );
    const { index, state, agreement, period } = consent;
    const sentence = consentSentence(consent, key, names);
    return {
      consent: index,
      state,
      until: period.until,
      terms: agreement?.terms.length ?? 0,
      accepted: texts,
      sentence,
    };
  });
  return {
    project,
    consents: told,
    uses,
    lines: [
      `${project}:`,
      ...told.flatMap(({ consent, state, sentence, accepted }) => [
        printable(`  consent ${consent} (${state}): ${sentence}`),
        ...accepted.map((text) => printable(`    accepted: ${text}`)),
      ]),
      ...(uses.length === 0
        ? ['  nothing was used under it']
        : ['  used under it:', ...usesLines(uses, names).map((line) => `    ${line}`)]),
    ],
  };
}
