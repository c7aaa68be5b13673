// Owns: the story of `npm start` as data: what it is told, what it tells, what its steps share.
import type { Client, Enrolment, PatientWallet, RegisteredPatient, Signer } from '@consilium/sdk';
import type { Devnet } from '../handle.ts';

export interface JourneyOptions {
  /** A bundle or a folder of them; the two shipped samples when left out. */
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
  /** Records registered by each of the two hospitals. */
  readonly registered: Readonly<Record<string, number>>;
  /** Records that were opened in the end by the patient. */
  readonly history: number;
  /** The access log that the last step exported. */
  readonly accessLog: string;
}

/** What the steps share. */
export interface Story {
  readonly devnet: Devnet;
  readonly client: Client;
  readonly options: JourneyOptions;
  tell(step: number, text: string, at: LedgerMoment): void;
}

export interface LedgerMoment {
  readonly height: number;
  readonly time: number;
}

/** The patient as one hospital knows her, and as she knows herself there. */
export interface EnrolledPatient {
  readonly enrolment: Enrolment;
  readonly signer: Signer;
  readonly registered: RegisteredPatient;
}

export interface Patient {
  readonly wallet: PatientWallet;
  /** By the name of the hospital. */
  readonly at: Readonly<Record<string, EnrolledPatient>>;
}
