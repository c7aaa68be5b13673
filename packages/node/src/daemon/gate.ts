// Owns: who may ask this daemon for what: the operator's token of its home. Does not own: the decision (api/roles.ts).
import type { Gate } from '../api/roles.ts';
import type { HomePaths } from '../files/home-paths.ts';
import { makeOperatorToken, readTokenFile } from '../keys/operator-token.ts';
import { isSameHash, tokenHash } from '../keys/token.ts';
import type { Random } from '../ports.ts';

/** Makes the operator's token where there is none. Throws what reading or writing it throws. */
export async function openGate(paths: HomePaths, random: Random): Promise<Gate> {
  await makeOperatorToken(paths.operatorToken, random);
  const operator = tokenHash(await readTokenFile(paths.operatorToken));
  return {
    findCaller: (token) =>
      isSameHash(tokenHash(token), operator) ? { name: 'operator', role: 'operator' } : undefined,
    anonymous: 'submitter',
  };
}
