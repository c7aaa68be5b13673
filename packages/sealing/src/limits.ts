// Owns: every bound of sealing, with its reason.
import { BLOB_BYTES_MAX, CHUNK_PLAIN_BYTES, RECORD_CHUNKS_MAX, RELEASE_BYTES_MAX } from '@consilium/core';

/** The tag of AES-GCM, which each chunk, share and envelope is longer than its plaintext. */
export const TAG_BYTES = 16;
/** A chunk as it is stored. */
export const CHUNK_BYTES_MAX: number = BLOB_BYTES_MAX;
/** Far below what one key of AES-GCM may encrypt. */
export const CONTENT_CHUNKS_MAX: number = RECORD_CHUNKS_MAX;
/** Framed plaintexts are a multiple of this: a vital sign and a short note are of one size. */
export const FRAME_BLOCK_BYTES = 512;
/** The framed header: a media type with parameters and a file name in any script. It lies in the first chunk. */
export const HEADER_BYTES_MAX = 2048;
/** A media type with its parameters. */
export const MEDIA_TYPE_LENGTH_MAX = 256;
/** The name of a file, in UTF-16 units; file systems allow 255. */
export const CONTENT_NAME_LENGTH_MAX = 255;
/** Content of one record: the chunks less the largest frame around it. */
export const CONTENT_BYTES_MAX: number =
  CONTENT_CHUNKS_MAX * CHUNK_PLAIN_BYTES - 4 - HEADER_BYTES_MAX - FRAME_BLOCK_BYTES;
/** Shares under one context: a batch has at most 64 records. */
export const SHARES_MAX = 64;
/** Plaintext of one envelope: what a custodian releases at once is the largest. Content goes in chunks. */
export const ENVELOPE_PLAIN_BYTES_MAX: number = RELEASE_BYTES_MAX;

/** A key file as text: under 1,000 characters, and a name. */
export const KEY_FILE_CHARS_MAX = 4_096;
/** `institution` and `clinician` are long ones. */
export const KEY_ROLE_LENGTH_MAX = 32;
/** A passphrase in UTF-8: a line of a file, or what a person types. */
export const PASSPHRASE_BYTES_MAX = 1_024;
/** Of a new one: with scrypt's cost below, what people choose at this length is not tried through in years. */
export const PASSPHRASE_CHARACTERS_MIN = 12;
/**
 * Cost of scrypt for new files, as OWASP advises: 128 * n * r = 128 MiB, for a third of a second. Far more memory would
 * not fit the 512 MB that a node asks for; the memory is free again before the node opens its store.
 */
export const SCRYPT_COST: number = 2 ** 17;
export const SCRYPT_R = 8;
export const SCRYPT_P = 1;
/** What a file may ask for: 16 to 256 MiB, so that a file from elsewhere neither is weak nor takes the machine's memory. */
export const SCRYPT_COST_MIN: number = 2 ** 14;
export const SCRYPT_COST_MAX: number = 2 ** 18;
