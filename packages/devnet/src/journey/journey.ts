// Owns: the story of `npm start`, in its order. Does not own: any step, or how the story is printed.
import type { Devnet } from '../handle.ts';
import { anchorInput, proveOne } from './anchoring.ts';
import { bringBack, killOne, voteIn, voteOut } from './hospitals.ts';
import {
  credentialClinicians,
  enrolThePatient,
  grantTheConsent,
  revokeTheConsent,
  tellInstitutions,
} from './people.ts';
import type { JourneyOptions, JourneyResult, JourneyStep, Story } from './types.ts';

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
  await tellInstitutions(story);
  await credentialClinicians(story);
  const patient = await enrolThePatient(story, 'a');
  const consent = await grantTheConsent(story, patient, 'b');
  const anchored = await anchorInput(story, 'a');
  await killOne(story, 'b', 'a');
  await bringBack(story, 'b', 'a');
  await voteIn(story, 'e', ['a', 'b', 'c']);
  await voteOut(story, 'd', ['a', 'b', 'c', 'e']);
  await revokeTheConsent(story, patient, consent);
  const written = await proveOne(story, anchored);
  return { steps, documents: anchored.documents.length, ...written };
}
