// Owns: the story of `npm start` as data: what it is told, what it tells, what its steps share.
import type { AnchorSecrets, Client, DocumentToAnchor } from '@consilium/sdk';
import type { Devnet } from '../handle.ts';

export interface JourneyOptions {
  /** A bundle or a folder of them; the shipped sample when left out. */
  readonly input?: string;
  /** Every step as it is done. */
  readonly onStep: (step: JourneyStep) => void;
  /** What a long step is at. */
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** One line of the story: what was committed, and where that stands on the ledger. */
export interface JourneyStep {
  readonly step: number;
  readonly text: string;
  readonly height: number;
  /** Time of that block. Milliseconds since the epoch. */
  readonly time: number;
}

export interface JourneyResult {
  readonly steps: readonly JourneyStep[];
  readonly documents: number;
  /** The document and the proof that step 7 wrote, to be checked again by hand. */
  readonly document: string;
  readonly proof: string;
}

/** What the steps share. */
export interface Story {
  readonly devnet: Devnet;
  readonly client: Client;
  readonly options: JourneyOptions;
  tell(step: number, text: string, at: { readonly height: number; readonly time: number }): void;
}

export interface Anchored {
  readonly secrets: AnchorSecrets;
  readonly documents: readonly DocumentToAnchor[];
}
