// Owns: how a record on the ledger looks to a person: its state in one word, what the law says of it.
import type { RecordView } from '@consilium/sdk';

export type RecordState = 'amended' | 'current' | 'erased' | 'retracted';

export function recordState({ amendedBy, retractedHeight, erasedHeight }: RecordView): RecordState {
  if (erasedHeight !== null) return 'erased';
  if (retractedHeight !== null) return 'retracted';
  return amendedBy === null ? 'current' : 'amended';
}

export function listText(words: readonly string[]): string {
  return words.length === 0 ? '-' : words.join(' ');
}
