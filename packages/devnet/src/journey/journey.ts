// Owns: the story of `npm start`, in its order. Does not own: any step, or how the story is printed.
import type { Devnet } from '../handle.ts';
import { exportTheLog, readHistory } from './auditing.ts';
import { breakTheGlass } from './breaking.ts';
import { bringBack, kill } from './hospitals.ts';
import { type IngestedResource, ingestAt, inputsOf } from './ingesting.ts';
import { createLooking, lookDenied, lookPermitted, lookRevoked, lookWithoutAuthor } from './looking.ts';
import {
  credentialClinicians,
  enrolThePatient,
  grantTheConsent,
  revokeTheConsent,
  tellInstitutions,
} from './people.ts';
import type { EnrolledPatient, JourneyOptions, JourneyResult, JourneyStep, Patient, Story } from './types.ts';

/** The two hospitals at which the patient is treated; the first is the one that dies in between. */
const AUTHORS = ['a', 'c'] as const;
const READER = { hospital: 'b', clinician: 'dr-brook' } as const;
const RESCUER = { hospital: 'd', clinician: 'dr-dale' } as const;

/** Throws the code of the first thing that does not go as told. */
export async function runJourney(devnet: Devnet, options: JourneyOptions): Promise<JourneyResult> {
  const steps: JourneyStep[] = [];
  const story: Story = {
    devnet,
    client: devnet.client(),
    options,
    tell: (step, text, { height, time }) => {
      options.signal.throwIfAborted();
      const told = { step, text, height, time };
      steps.push(told);
      options.onStep(told);
    },
  };
  const [first] = AUTHORS;
  await tellInstitutions(story);
  await credentialClinicians(story);
  const patient = await enrolThePatient(story, AUTHORS);
  const ingested = await ingestAll(story, patient);
  const atFirst = enrolledAt(patient, first);
  const reader = await devnet.signer(READER.clinician);
  const looking = await createLooking(story, reader, READER.clinician, atFirst, ingested.get(first) ?? []);
  const asked = await lookDenied(story, looking);
  const consent = await grantTheConsent(story, atFirst, READER.hospital);
  const permitted = await lookPermitted(story, looking, asked);
  await kill(story, first);
  await lookWithoutAuthor(story, looking, permitted.later, first);
  await breakTheGlass(story, RESCUER, atFirst);
  await bringBack(story, first, READER.hospital);
  const history = await readHistory(story, patient);
  await revokeTheConsent(story, atFirst, consent.index);
  await lookRevoked(story, looking, permitted);
  const accessLog = await exportTheLog(story, patient);
  const registered = Object.fromEntries([...ingested].map(([name, records]) => [name, records.length]));
  return { steps, registered, history, accessLog };
}

async function ingestAll(
  story: Story,
  patient: Patient,
): Promise<ReadonlyMap<string, readonly IngestedResource[]>> {
  const ingested = new Map<string, readonly IngestedResource[]>();
  for (const [hospital, files] of await inputsOf(story, AUTHORS))
    ingested.set(hospital, await ingestAt(story, hospital, files, enrolledAt(patient, hospital)));
  return ingested;
}

function enrolledAt({ at }: Patient, hospital: string): EnrolledPatient {
  const enrolled = at[hospital];
  if (enrolled === undefined) throw new Error('invariant: the patient is enrolled where records are written');
  return enrolled;
}
