// Owns: step 2: two hospitals seal and register every resource of a bundle each, with the progress of it. Does not own:
// how a record is sealed (the SDK).
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  ConsiliumError,
  type IngestedRecord,
  type IngestProgress,
  ingestRecords,
  type RecordSource,
} from '@consilium/sdk';
import { documentsAt, filesAt, isFolder } from '@consilium/sdk/node';
import type { EnrolledPatient, Story } from './types.ts';

const SAMPLE = new URL('../../../../devnet/sample/', import.meta.url);
const SAMPLES = ['bundle.json', 'castle-hill.json'].map((name) => fileURLToPath(new URL(name, SAMPLE)));

/** Which files which hospital ingests: of a folder every second one, of a single bundle both hospitals the same. */
export async function inputsOf(
  { options }: Story,
  hospitals: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const files = options.input === undefined ? SAMPLES : await bundlesAt(options.input);
  const shares = hospitals.map((_, place) =>
    files.length === 1 ? files : files.filter((_, index) => index % hospitals.length === place),
  );
  return new Map(hospitals.map((hospital, place) => [hospital, shares[place] ?? []]));
}

/** The file itself, whatever its name; of a folder those that are named as JSON. */
async function bundlesAt(path: string): Promise<readonly string[]> {
  if (!(await isFolder(path))) return [path];
  const files = (await filesAt(path)).filter((file) => file.toLowerCase().endsWith('.json'));
  if (files.length === 0)
    throw new ConsiliumError('FILE_INVALID', { file: path, rule: 'no .json file in it' });
  return files;
}

/** What a hospital registered: the record, and the bytes that were sealed. */
export interface IngestedResource extends IngestedRecord {
  readonly json: Uint8Array;
}

export async function ingestAt(
  story: Story,
  hospital: string,
  files: readonly string[],
  { registered }: EnrolledPatient,
): Promise<readonly IngestedResource[]> {
  const { devnet, client, options } = story;
  const { title } = devnet.node(hospital);
  const sources = await sourcesOf(story, files, registered);
  const signer = await devnet.signer(hospital);
  const ingested = await ingestRecords(client, sources, {
    signer,
    signal: options.signal,
    leaveOutRefused: true,
    onProgress: (progress) => options.onProgress(progressLine(title, sources.length, progress)),
  });
  if (ingested.length === 0) throw new ConsiliumError('BUNDLE_INVALID', { rule: 'no valid resource' });
  const { height, time } = await client.tip();
  const left = sources.length - ingested.length;
  const leftOut = left === 0 ? '' : `, ${left} that are not valid FHIR left out`;
  story.tell(
    2,
    `${title} seals and registers ${ingested.length} records, spread over the hospitals${leftOut}`,
    { height, time },
  );
  const bytes = new Map(sources.map(({ source, json }) => [source, json]));
  return ingested.map((each) => ({ ...each, json: bytes.get(each.source) ?? new Uint8Array() }));
}

type Resource = Extract<RecordSource, { kind: 'resource' }>;

async function sourcesOf(
  { options }: Story,
  files: readonly string[],
  patient: EnrolledPatient['registered'],
): Promise<readonly Resource[]> {
  const sources: Resource[] = [];
  for (const [place, file] of files.entries()) {
    options.onProgress(`reading ${file} (${kilobytes((await stat(file)).size)})`);
    for (const { bytes, source } of await documentsAt(file))
      sources.push({ kind: 'resource', json: bytes, source: `${place}/${source}`, patient });
  }
  return sources;
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024).toLocaleString('en')} KB`;
}

function progressLine(title: string, total: number, progress: IngestProgress): string {
  const { registered, refused } = progress.counts;
  if (progress.state === 'waiting')
    return `${title} waits for ${progress.missing.length > 0 ? progress.missing.join(', ') : 'a node'} (${progress.code})`;
  if (progress.state === 'refused') return `${title} leaves out ${progress.source}: ${progress.code}`;
  return `${title}: ${registered + refused} of ${total} resources`;
}
