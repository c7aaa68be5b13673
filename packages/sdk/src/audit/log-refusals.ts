// Owns: why an access log is refused, by line. Does not own: finding it out (verify-log.ts).
import { ConsiliumError } from '@consilium/core';

/** What of a log does not hold. */
export type LogCheck =
  | 'form'
  | 'genesis'
  | 'patients'
  | 'chain'
  | 'header'
  | 'count'
  | 'order'
  | 'missing'
  | 'surplus'
  | 'access'
  | 'record'
  | 'institution';

const SENTENCES: Readonly<Record<LogCheck, string>> = {
  form: 'it is not as it was written',
  genesis: 'the log is of another network than this genesis',
  patients: 'the pseudonyms are not in order, or one stands twice',
  chain: 'the header is not decided by the hospitals of its height, or changes nothing',
  header: 'the header is not decided by the hospitals of its height, or out of order',
  count: 'the number of accesses does not stand in the ledger as the log says',
  order: 'an access is missing, or stands twice or in another place',
  missing: 'lines are missing here',
  surplus: 'nothing in the log needs this line',
  access: 'the access does not stand in the ledger as the log says',
  record: 'the record does not stand in the ledger as the log says',
  institution: 'the institution does not stand in the ledger as the log says',
};

/** `PROOF_INVALID` with the line, from 1, and the rule. */
export function logFailed(line: number, rule: LogCheck): ConsiliumError {
  return new ConsiliumError('PROOF_INVALID', { line, rule }, `line ${line}: ${SENTENCES[rule]}`);
}
