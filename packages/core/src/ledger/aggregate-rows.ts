// Owns: the row of one root over entries that an institution's own systems made. Does not own: the entries, which stay
// with the institution (audit-entries.ts has their form).
import type { Hex32 } from '../bytes.ts';
import { hex32, integer, type Shape, struct } from '../codec.ts';
import { AGGREGATE_ENTRIES_MAX } from '../limits.ts';
import { heightFrom0, timeMs } from './rows.ts';

export interface Aggregate {
  /** Over the digests of this batch's entries, as in RFC 6962. */
  readonly root: Hex32;
  readonly count: number;
  /** Over how many entries each pseudonym has had in all batches up to this one, and the digest of its last. */
  readonly mapRoot: Hex32;
  /** `mapRoot` of the batch before; zeros in the first. */
  readonly previous: Hex32;
  readonly height: number;
  readonly time: number;
}

export const aggregateShape: Shape<Aggregate> = struct<Aggregate>({
  root: hex32,
  count: integer(1, AGGREGATE_ENTRIES_MAX),
  mapRoot: hex32,
  previous: hex32,
  height: heightFrom0,
  time: timeMs,
});
