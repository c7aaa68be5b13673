// Owns: steps 3, 5, 6 and 9: a clinician of another hospital who looks at records: refused, permitted, permitted while the
// author is dead, refused again. Every look is held against what the consent says and against what was sealed.
import {
  type AccessedRecord,
  type AccessSelection,
  type AccessTicket,
  ConsiliumError,
  collectRecords,
  custodianRefusals,
  explainTags,
  type Hex32,
  type OpenedAccess,
  readAccess,
  requestAccess,
  type Signer,
  wholeContent,
} from '@consilium/sdk';
import { until } from './acting.ts';
import type { IngestedResource } from './ingesting.ts';
import type { EnrolledPatient, LedgerMoment, Story } from './types.ts';

/** Who looks, at whose records, and what these were when they were sealed. */
export interface Looking {
  readonly reader: Signer;
  /** As the devnet names the clinician. */
  readonly name: string;
  readonly patient: EnrolledPatient;
  readonly sealed: ReadonlyMap<Hex32, IngestedResource>;
  /** All of these records, and none of an earlier story. */
  readonly everything: AccessSelection;
}

export async function createLooking(
  { client }: Story,
  reader: Signer,
  name: string,
  patient: EnrolledPatient,
  ingested: readonly IngestedResource[],
): Promise<Looking> {
  const { value } = await client.record(ingested[0]?.record ?? '');
  if (value === null) throw new ConsiliumError('RECORD_NOT_FOUND');
  const everything: AccessSelection = { type: 'query', tags: [], months: null, fromIndex: value.index };
  return { reader, name, patient, sealed: new Map(ingested.map((each) => [each.record, each])), everything };
}

interface Look {
  readonly ticket: AccessTicket;
  readonly opened: OpenedAccess;
}

async function look(story: Story, { reader, patient }: Looking, selection: AccessSelection): Promise<Look> {
  const { account } = patient.enrolment;
  const wish = { patient: account, selection, purpose: 'TREAT' as const, signer: reader };
  const ticket = await requestAccess(story.client, wish);
  return { ticket, opened: await collectRecords(story.client, ticket, reader) };
}

/** Nobody consented: every record is denied, and the ledger keeps that somebody asked. */
export async function lookDenied(story: Story, looking: Looking): Promise<readonly Hex32[]> {
  const { opened } = await look(story, looking, looking.everything);
  const { records, access } = opened;
  mustHold(
    records.length > 0 && records.every(({ decision }) => decision === 'deny'),
    'everything is denied without a consent',
  );
  story.tell(
    3,
    `${looking.name} asks for ${records.length} records without a consent and is denied; the denial stands on the ledger`,
    access,
  );
  return records.map(({ record }) => record);
}

/** Everything is asked for: what the consent permits opens, to the byte, and the rest is refused. One is kept for later. */
export async function lookPermitted(
  story: Story,
  looking: Looking,
  asked: readonly Hex32[],
): Promise<{ readonly ticket: AccessTicket; readonly places: readonly number[]; readonly later: Hex32 }> {
  const later = await onePermitted(story, looking, asked);
  const records = asked.filter((record) => record !== later);
  const { ticket, opened } = await look(story, looking, { type: 'records', records });
  const permitted = opened.records.filter(({ decision }) => decision === 'permit');
  for (const each of opened.records)
    mustHold(
      (each.decision === 'permit') === isConsented(looking, each),
      'exactly the consented is permitted',
    );
  for (const each of permitted) await mustBeSealed(looking, each);
  const denied = opened.records.length - permitted.length;
  mustHold(permitted.length > 0 && denied > 0, 'some open and some do not');
  story.tell(
    5,
    `${looking.name} opens ${permitted.length} laboratory results and medications, each as it was sealed, and is refused ${denied} others`,
    opened.access,
  );
  const places = opened.records.flatMap(({ decision }, place) => (decision === 'permit' ? [place] : []));
  return { ticket, places, later };
}

/** A record that the consent permits, by its tags in the patient's own words. */
async function onePermitted(story: Story, looking: Looking, asked: readonly Hex32[]): Promise<Hex32> {
  for (const record of asked.toReversed()) {
    const { value } = await story.client.record(record);
    if (value !== null && isConsented(looking, { row: value })) return record;
  }
  throw new ConsiliumError('RECORD_NOT_FOUND', { what: 'a laboratory result or a medication in the input' });
}

function isConsented({ patient }: Looking, { row }: Pick<AccessedRecord, 'row'>): boolean {
  if (row === null || row.confidentiality === 'R' || row.confidentiality === 'V') return false;
  const words = explainTags(patient.enrolment, row.tags);
  return words.includes('laboratory') || words.includes('medication');
}

/** The author's process is gone: two of the others still give shares and ciphertext. */
export async function lookWithoutAuthor(
  story: Story,
  looking: Looking,
  record: Hex32,
  author: string,
): Promise<void> {
  const { opened } = await look(story, looking, { type: 'records', records: [record] });
  const [found] = opened.records;
  if (found === undefined) throw new ConsiliumError('RECORD_NOT_FOUND');
  await mustBeSealed(looking, found);
  const { title } = story.devnet.node(author);
  story.tell(6, `${title} is killed, and ${looking.name} opens another record of it`, opened.access);
}

/** After the revocation: the ledger denies a new access, and no custodian honours the permit that was given before. */
export async function lookRevoked(
  story: Story,
  looking: Looking,
  before: { readonly ticket: AccessTicket; readonly places: readonly number[] },
): Promise<void> {
  const { client, devnet } = story;
  const { opened } = await look(story, looking, looking.everything);
  mustHold(
    opened.records.every(({ decision }) => decision === 'deny'),
    'everything is denied after the revocation',
  );
  story.tell(9, `${looking.name} asks again and is denied every record`, opened.access);
  const [place = 0] = before.places;
  const answered = await untilAllAnswer(story, looking, before.ticket, place);
  const names = answered.map(({ name }) => name).join(', ');
  mustHold(
    answered.every(({ code }) => code === 'ACCESS_REVOKED'),
    'no custodian honours a permit whose consent is revoked',
  );
  mustHold(answered.length === devnet.file.nodes.length, 'every hospital is asked');
  const access = await readAccess(client, before.ticket);
  story.tell(
    9,
    `the permit of step 5 releases nothing any more: refused by ${names}`,
    await momentAfter(story, access),
  );
}

async function momentAfter(story: Story, access: LedgerMoment): Promise<LedgerMoment> {
  const tip = await story.client.tip();
  return tip.height > access.height ? tip : access;
}

type Answers = Awaited<ReturnType<typeof custodianRefusals>>;

/** A custodian that came back a moment ago may still be connecting. */
async function untilAllAnswer(
  story: Story,
  { reader }: Looking,
  ticket: AccessTicket,
  place: number,
): Promise<Answers> {
  let answers: Answers = [];
  await until(story, 'every custodian answers', async () => {
    answers = await custodianRefusals(story.client, ticket, reader, place);
    return answers.every(({ code }) => code === null || code.startsWith('ACCESS_'));
  });
  return answers;
}

async function mustBeSealed({ sealed }: Looking, { record, content, fault }: AccessedRecord): Promise<void> {
  if (content === null) throw new ConsiliumError(fault ?? 'CUSTODY_SHARES_MISSING');
  const { bytes } = await wholeContent(content);
  const json = sealed.get(record)?.json;
  mustHold(
    json !== undefined && bytes.length === json.length && bytes.every((byte, at) => byte === json[at]),
    'what opens is what was sealed',
  );
}

function mustHold(holds: boolean, rule: string): void {
  if (!holds) throw new ConsiliumError('STORY_BROKEN', { rule });
}
