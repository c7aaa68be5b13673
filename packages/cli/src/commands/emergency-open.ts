// Owns: `emergency open`: breaks the glass. The entry stands first, the patient is told, a review falls due; only the
// emergency dataset opens, and more with a second clinician's word, for which the same command asks.
import { EMERGENCY_REASONS, type EmergencyReason } from '@consilium/core';
import {
  type AccessSelection,
  askSecondOpinion,
  EMERGENCY_REASON_WORDS,
  formatOpinion,
  type Hex32,
  type OpenedEmergency,
  type OpinionFile,
  openInEmergency,
  type Signer,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { createDelivery, type DeliveryOptions } from '../delivering.ts';
import type { Io } from '../io.ts';
import { fields, time } from '../print/text.ts';
import { pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { accountSigner, addSigningOption, identityOf } from '../setup/identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { readOpinion } from '../setup/opinion-file.ts';
import { addPatienceOption, type PatienceOption, withPatience } from '../setup/patience.ts';
import { addSubjectOptions, type Subject, type SubjectOptions, subjectOf } from '../setup/subject.ts';
import { openedExitCode, openedLines, recordsData, type Told, tellAll, tellRest } from '../telling.ts';
import { hexIdOf, integerOf, oneOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SubjectOptions, PatienceOption, DeliveryOptions {
  readonly reason?: string;
  readonly fromIndex?: string;
  readonly askSecond?: string;
  readonly second?: string;
}

export const registerEmergencyOpen: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'open [id...]',
      summary:
        'break the glass: opens the emergency dataset of a patient who cannot consent, and is reviewed',
      examples: [
        'npx consilium emergency open --patient PATIENT_ACCOUNT --reason unconscious --as keller',
        'npx consilium emergency open --patient PATIENT_ACCOUNT --reason unconscious --ask-second more.json --as keller',
        'npx consilium emergency open --second more.json --out opened --as keller',
      ],
    },
    (command) =>
      addPatienceOption(
        addNetworkOptions(
          addSigningOption(
            addSubjectOptions(command)
              .option('--reason <code>', `${EMERGENCY_REASONS.join(', ')} (asked for at a terminal)`)
              .option('--ask-second <file>', 'open nothing: write what a second clinician signs for more')
              .option('--second <file>', "a second clinician's word (emergency sign): opens more, once")
              .option('--from-index <nr>', "without ids: where in the patient's list to begin (default: 0)")
              .option(
                '--out <folder>',
                'write each to a file there, exact and of any size (default: text to stdout, the rest to ./opened)',
              ),
            'who breaks the glass: a clinician with the privilege',
          ),
        ),
      ),
    (ids, options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'who breaks the glass');
        const opinion =
          options.second === undefined ? undefined : await readOpinion(place.io, network, options.second);
        const subject = await emergencySubject(place.io, network, options, opinion);
        const reason = await reasonOf(place.io, options, opinion);
        if (options.askSecond !== undefined)
          return asked(place.io, network, options.askSecond, { patient: subject.account, reason, signer });
        return opened(place.io, network, { subject, reason, signer, opinion, ids }, options);
      }),
  );

function emergencySubject(
  io: Io,
  network: Network,
  options: Options,
  opinion: OpinionFile | undefined,
): Promise<Subject> {
  const named = options.patient !== undefined || options.grant !== undefined || opinion === undefined;
  return subjectOf(io, network, named ? options : { ...options, patient: opinion.patient });
}

async function reasonOf(
  io: Io,
  { reason }: Options,
  opinion: OpinionFile | undefined,
): Promise<EmergencyReason> {
  if (reason !== undefined) return oneOf(EMERGENCY_REASONS, reason, '--reason');
  if (opinion !== undefined) return opinion.reason;
  if (io.ask === undefined) throw usage(`say why: --reason is one of ${EMERGENCY_REASONS.join(', ')}`);
  for (const code of EMERGENCY_REASONS) io.err(`  ${code.padEnd(18)} ${EMERGENCY_REASON_WORDS[code]}\n`);
  return oneOf(EMERGENCY_REASONS, (await io.ask('reason: ')).trim(), 'the reason');
}

interface Question {
  readonly patient: Hex32;
  readonly reason: EmergencyReason;
  readonly signer: Signer;
}

async function asked(io: Io, { client }: Network, file: string, question: Question): Promise<Result> {
  const opinion = askSecondOpinion({ genesis: client.genesisHash, ...question }, client.session.random);
  const path = pathOf(io, file);
  await writeNew(path, formatOpinion(opinion), SECRET_MODE);
  const { patient, reader, reason } = opinion;
  return {
    data: { file: path, patient, reader, reason },
    lines: [
      ...fields([
        ['file', path],
        ['patient', patient],
        ['reason', reason],
      ]),
      'nothing was opened; a second clinician signs the file: npx consilium emergency sign --help',
    ],
  };
}

interface Breaking {
  readonly subject: Subject;
  readonly reason: EmergencyReason;
  readonly signer: Signer;
  readonly opinion: OpinionFile | undefined;
  readonly ids: readonly string[];
}

async function opened(
  io: Io,
  network: Network,
  { subject, reason, signer, opinion, ids }: Breaking,
  options: Options,
): Promise<Result> {
  const selection = selectionOf(ids, options);
  const deliver = await createDelivery(io, options);
  io.err('entering the emergency, waiting until it is committed\n');
  const patient = subject.account;
  const emergency = await withPatience(options, (patience) =>
    openInEmergency(network.client, {
      ...{ patient, reason, signer, selection, ...patience },
      ...(opinion !== undefined && { opinion }),
    }),
  );
  tellReview(io, emergency);
  const told = await tellAll(io, subject, emergency, deliver);
  await tellRest(io, network, patient, selection, emergency);
  return shown(subject, emergency, told, options);
}

function selectionOf(ids: readonly string[], { fromIndex }: Options): AccessSelection {
  const from = fromIndex === undefined ? 0 : integerOf(fromIndex, '--from-index');
  if (ids.length === 0) return { type: 'query', tags: [], months: null, fromIndex: from };
  if (fromIndex !== undefined) throw usage('give ids, or where to begin, not both');
  return { type: 'records', records: [...new Set(ids.map((id) => hexIdOf(id, 'ID')))] };
}

function tellReview(io: Io, { entry }: OpenedEmergency): void {
  io.err(
    entry === null
      ? 'nothing was permitted; the attempt stands in the log of the patient, who is told\n'
      : `emergency ${entry.index} of your institution: a privacy officer reviews it by ${time(entry.due)}; the patient is told\n`,
  );
}

function shown(
  { account }: Subject,
  { access, entry, liars }: OpenedEmergency,
  told: readonly Told[],
  { out }: Options,
): Result {
  const { index, height, time: timeMs, expires, emergency } = access;
  return {
    data: {
      patient: account,
      access: { index, height, time: timeMs, expires },
      emergency: {
        reason: emergency?.reason,
        second: emergency?.second,
        index: entry?.index ?? null,
        due: entry?.due ?? null,
      },
      records: recordsData(told),
      liars,
    },
    lines: out === undefined ? [] : openedLines(told, timeMs),
    exitCode: openedExitCode(told),
  };
}
