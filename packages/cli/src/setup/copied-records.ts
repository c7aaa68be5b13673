// Owns: the records of a history put away for a copy: each as a file, and as a resource where it is one. Does not own:
// opening them (the SDK), the report.
import {
  type CopiedRecord,
  FHIR_MEDIA_TYPE,
  type FhirAttachment,
  type HistoryItem,
  isConsiliumError,
  type RecordContent,
  wholeContent,
} from '@consilium/sdk';
import { writeContent } from './content-files.ts';

export interface Copied {
  readonly records: readonly CopiedRecord[];
  readonly attachments: readonly FhirAttachment[];
}

/** `folder`: null writes no file. `attach`: give the resources too. */
export async function copiedRecords(
  history: AsyncIterable<HistoryItem>,
  folder: string | null,
  attach: boolean,
): Promise<Copied> {
  const records: CopiedRecord[] = [];
  const attachments: FhirAttachment[] = [];
  for await (const item of history) {
    const { content, record } = item;
    const write = content !== null && folder !== null;
    records.push({ item, file: write ? (await writeContent(folder, record.id, content)).file : null });
    const resource = content === null || !attach ? null : await resourceOf(content);
    if (resource !== null) attachments.push({ name: record.id, resource });
  }
  return { records, attachments };
}

/** null: no FHIR resource, or too long for memory: it is in the files. */
async function resourceOf(content: RecordContent): Promise<FhirAttachment['resource'] | null> {
  try {
    const { header, bytes } = await wholeContent(content);
    if (header.mediaType !== FHIR_MEDIA_TYPE) return null;
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (isConsiliumError(error, 'FILE_TOO_LARGE')) return null;
    throw error;
  }
}
