// Owns: every strategy of a hostile validator that is played by a hand, by its name in the catalogue of faults. The same
// key running twice is none: both machines are honest (twins.ts).
import type { FaultName } from '../faults/names.ts';
import {
  amnesia,
  equivocatePrecommit,
  equivocatePrevote,
  equivocateProposal,
  staleProposals,
  voteForAll,
} from './equivocation.ts';
import { ignoreLock, wrongValidRound } from './locks.ts';
import { mutate } from './mutate.ts';
import { badSignatures, falseEvidence, garbage, oversize, replay } from './noise.ts';
import { invalidBlock, wrongRoots, wrongTime } from './proposals.ts';
import { censor, silent, slowDrip, withholdBodies } from './silence.ts';
import type { Strategy } from './strategy.ts';
import { badSnapshotChunk, lyingSync } from './sync-lies.ts';

export const STRATEGIES: ReadonlyMap<FaultName, Strategy> = new Map<FaultName, Strategy>([
  ['silent', silent],
  ['equivocate-proposal', equivocateProposal],
  ['equivocate-prevote', equivocatePrevote],
  ['equivocate-precommit', equivocatePrecommit],
  ['ignore-lock', ignoreLock],
  ['amnesia', amnesia],
  ['vote-for-all', voteForAll],
  ['wrong-valid-round', wrongValidRound],
  ['mutate', mutate],
  ['invalid-block', invalidBlock],
  ['wrong-roots', wrongRoots],
  ['wrong-time', wrongTime],
  ['withhold-bodies', withholdBodies],
  ['stale-proposals', staleProposals],
  ['replay', replay],
  ['bad-signatures', badSignatures],
  ['garbage', garbage],
  ['oversize', oversize],
  ['slow-drip', slowDrip],
  ['lying-sync', lyingSync],
  ['bad-snapshot-chunk', badSnapshotChunk],
  ['false-evidence', falseEvidence],
  ['censor', censor],
]);
