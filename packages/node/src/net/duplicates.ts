// Owns: which of two connections to one peer stays. Both ends decide alone and must come to the same.
import { DUPLICATE_LINK_MS } from '../limits.ts';

/**
 * Dialled by the same end: the newer, for that end dials only when it has lost the older. By both ends at about the same
 * time: the one of the lower id. By the other end later on: the newer, for the older is dead at the other end.
 */
export function replaces(nextIsOfLower: boolean, currentIsOfLower: boolean, currentAgeMs: number): boolean {
  if (nextIsOfLower === currentIsOfLower) return true;
  return nextIsOfLower || currentAgeMs > DUPLICATE_LINK_MS;
}
