// Owns: the numbers of the LevelDB tables, for ever. A retired number stays here and is never used again.
// Keys are the bytes named; heights are 8 bytes big-endian; ids are 32 raw bytes.

export const TABLES = {
  /**
   * Text key -> bytes. `tip`: encoded Tip; `format`: on-disk format version (1 byte); `base`: height of the earliest block
   * kept, absent while all are; `admin-log`: how far the log of admin actions has come.
   */
  meta: 1,
  /** height -> encoded block. */
  blocks: 2,
  /** height -> encoded commit certificate that this node decided with (the tip's until the next block carries one). */
  certificates: 3,
  /** block id -> height. */
  blockHeights: 4,
  /** transaction id -> height (8 bytes) || index in the block (4 bytes). */
  transactions: 5,
  /** height -> encoded list of encoded results. */
  results: 6,
  /** ledger table (1 byte) || ledger key -> value. The authenticated state. */
  state: 7,
  /** tree path -> node of the state tree, overwritten in place. */
  tree: 8,
  /** height -> encoded certificates that this node used at the height: kept for the evidence window (rule 17). */
  accountability: 9,
  /** height -> encoded validator set of height + 1, only where a header announces a changed one: for light clients. */
  setChanges: 10,
  /** blob id -> location of its bytes in the vault; text key `tail` -> end of the last segment, count and bytes held. */
  blobs: 11,
  /**
   * batch id (32) || custody epoch (8) -> encoded custody package; with the text `aside` behind: encoded list of earlier
   * ones of that epoch, for which this node signed as well.
   */
  packages: 12,
  /** batch id (32) || custody epoch (8) -> time of receipt in ms (8 bytes): packages on which the ledger has not decided. */
  pendingBatches: 13,
  /** blob id -> time of receipt in ms (8 bytes) || length (8 bytes): blobs that no package here names (yet). */
  looseBlobs: 14,
  /** blob id -> encoded list of the batches that name it: while there is one, its bytes stay. */
  blobBatches: 15,
  /** height -> encoded header with its certificate, below the base, where table 10 has a row: for light clients. */
  lightHeaders: 16,
  /**
   * A snapshot on its way into this store. Text `journal` -> encoded journal; `c` || part (4 bytes) -> a chunk; `w` || height
   * -> a block of the replay window with its results. All gone once it is installed.
   */
  joining: 17,
  /** Empty key -> how many erasures of the ledger are carried out here, and receipted (8 bytes each). */
  erasures: 18,
} as const;

export type TableName = keyof typeof TABLES;
