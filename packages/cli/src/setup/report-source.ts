// Owns: what a report about a patient is made from: the verified log of each pseudonym (a look at another's is entered
// first), the consents, and the words of the tags as far as they are at hand. Does not own: the reports (the SDK).
import type { Hex32, ReportSource, ReportSubject, TagKey } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { wholeList } from '../listing.ts';
import { type AccessLogOptions, accessLogsOf, type LogAtHand } from './access-logs.ts';
import { enrolmentsOf } from './enrolments.ts';
import type { Network } from './network.ts';
import { checkReportOptions, namesOfCaller, type ReportOptions } from './report-options.ts';
import { subjectOf } from './subject.ts';

export interface PatientReportOptions extends AccessLogOptions, ReportOptions {}

export async function reportSourceOf(
  io: Io,
  network: Network,
  options: PatientReportOptions,
): Promise<ReportSource> {
  await checkReportOptions(io, options);
  const names = await namesOfCaller(io, options);
  const keys = await tagKeysOf(io, network, options);
  const logs = await accessLogsOf(io, network, options, true);
  const subjects: ReportSubject[] = [];
  for (const { log } of logs)
    for (const patient of log.patients) {
      const { items } = await wholeList((part) => network.client.consents(patient, part), network.read);
      subjects.push({ patient, log, consents: items, tagKey: keys.get(patient) ?? null });
    }
  return { subjects, names, made: Math.max(io.now(), ...logs.map(newest)) };
}

/** The clock of this machine may be behind that of the hospitals: nothing that is there is left out for it. */
function newest({ log }: LogAtHand): number {
  return log.completeAsOf.time;
}

async function tagKeysOf(
  io: Io,
  network: Network,
  options: PatientReportOptions,
): Promise<ReadonlyMap<Hex32, TagKey>> {
  if (options.patient === undefined)
    return new Map((await enrolmentsOf(io, network, options)).map((each) => [each.account, each]));
  const { account, vocabulary } = await subjectOf(io, network, options);
  return new Map(vocabulary.type === 'key' ? [[account, vocabulary.key]] : []);
}
