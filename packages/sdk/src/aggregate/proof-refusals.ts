// Owns: why a file that proves entries of an institution's own systems is refused, by line. Does not own: finding it out
// (verify-entries.ts).
import { ConsiliumError } from '@consilium/core';

/** What of a file does not hold. */
export type EntriesCheck =
  | 'form'
  | 'genesis'
  | 'chain'
  | 'header'
  | 'institution'
  | 'count'
  | 'row'
  | 'map'
  | 'patient'
  | 'order'
  | 'changed'
  | 'batch'
  | 'missing'
  | 'surplus'
  | 'detail'
  | 'earlier';

const SENTENCES: Readonly<Record<EntriesCheck, string>> = {
  form: 'it is not as it was written',
  genesis: 'the file is of another network than this genesis',
  chain: 'the header is not decided by the hospitals of its height, or changes nothing',
  header: 'the header is not decided by the hospitals of its height, or out of order',
  institution: 'the institution does not stand in the ledger as the file says',
  count: 'the number of batches does not stand in the ledger as the file says',
  row: 'the batch does not stand in the ledger as the file says, or is out of order',
  map: 'the last batch does not count the entries of this pseudonym as the file says',
  patient: 'the entry is of another pseudonym',
  order: 'an entry is missing, or stands twice or in another place',
  changed: 'the entry is not the one that the next one, or the count, was made over',
  batch:
    'the entry does not stand in the batch that the file names, or that one is older than of the entry before',
  missing: 'lines are missing here',
  surplus: 'nothing in the file needs this line',
  detail:
    'the detail is not, to the byte, the one that the entry was made over, or its salt is not in the file',
  earlier: 'the earlier file has another entry here, or the later one does not reach as far',
};

/** `PROOF_INVALID` with the line, from 1, and the rule. */
export function entriesFailed(line: number, rule: EntriesCheck): ConsiliumError {
  return new ConsiliumError('PROOF_INVALID', { line, rule }, `line ${line}: ${SENTENCES[rule]}`);
}
