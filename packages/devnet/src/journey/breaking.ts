// Owns: step 6 in an emergency: a clinician whom no consent names breaks the glass while the author is dead; the emergency
// dataset opens and nothing else, and a privacy officer reviews it.
import {
  ConsiliumError,
  deriveNamedKey,
  emergencyNotices,
  issueCredential,
  type OpenedEmergency,
  openInEmergency,
  type RecordView,
  reviewEmergency,
  type Signer,
} from '@consilium/sdk';
import { commit } from './acting.ts';
import { BROKEN_RECORDS_MAX } from './limits.ts';
import type { EnrolledPatient, Story } from './types.ts';

export interface Rescuer {
  /** As the devnet names them. */
  readonly hospital: string;
  readonly clinician: string;
}

/** Nothing to tell when none of the first records belongs to the emergency dataset. */
export async function breakTheGlass(
  story: Story,
  { hospital, clinician }: Rescuer,
  patient: EnrolledPatient,
): Promise<void> {
  const { client, devnet } = story;
  const { account } = patient.enrolment;
  const { value } = await client.records(account);
  const current = value.items.filter(isCurrent);
  const dataset = current.filter((each) => each.emergency && isOpenInEmergency(each));
  const others = current.filter((each) => !each.emergency);
  if (dataset.length === 0) return;
  const asked = [...dataset.slice(0, BROKEN_RECORDS_MAX), ...others.slice(0, BROKEN_RECORDS_MAX)];
  const records = asked.map(({ id }) => id);
  const named = new Set(dataset.map(({ id }) => id));
  const opened = await openInEmergency(client, {
    patient: account,
    reason: 'unconscious',
    signer: await devnet.signer(clinician),
    selection: { type: 'records', records },
  });
  const open = opened.records.filter(({ content }) => content !== null);
  const isRight = opened.records.every(({ record, content }) => named.has(record) === (content !== null));
  mustHold(isRight && opened.entry !== null, 'the emergency dataset opens, and nothing else');
  const told = await emergencyNotices(client, account, opened.access.index);
  mustHold(told.notices.length === 1, 'the patient is told of the emergency');
  story.tell(
    6,
    `in an emergency ${clinician}, whom no consent names, opens ${open.length} of ${records.length}: the emergency dataset and nothing else; the patient is told`,
    opened.access,
  );
  await review(story, hospital, opened);
}

function isCurrent({ amendedBy, retractedHeight, erasedHeight }: RecordView): boolean {
  return amendedBy === null && retractedHeight === null && erasedHeight === null;
}

/** What needs a separate authorization stays closed in an emergency too. */
function isOpenInEmergency({ effects }: RecordView): boolean {
  return !effects.includes('separate-authorization');
}

/** By a privacy officer of the clinician's hospital, new with each run. */
async function review(story: Story, hospital: string, { entry }: OpenedEmergency): Promise<void> {
  const { client, devnet } = story;
  const institution = await devnet.signer(hospital);
  const key = deriveNamedKey(crypto.getRandomValues(new Uint8Array(32)), 'privacy officer');
  const credential = { role: 'privacy-officer', speciality: null, emergency: false } as const;
  const issued = await commit(
    story,
    [issueCredential(client.genesisHash, institution.account, key, credential)],
    institution,
  );
  const officer: Signer = { account: issued.outcomes[0]?.id ?? '', key };
  const tx = await commit(story, [reviewEmergency(entry?.index ?? 0, 'justified')], officer);
  const { title } = devnet.node(hospital);
  story.tell(6, `the privacy officer of ${title} reviews it, long before it is due: justified`, tx);
}

function mustHold(holds: boolean, rule: string): void {
  if (!holds) throw new ConsiliumError('STORY_BROKEN', { rule });
}
