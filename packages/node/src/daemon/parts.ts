// Owns: what the code that starts a daemon may put in at its ports. `node start` gives none, and no setting, flag or
// variable leads here: only a program that calls `startNode` itself can. Does not own: any such part.
import type { OpenHome } from '../files/home.ts';
import type { NodeNet } from '../net/index.ts';
import type { Clock } from '../ports.ts';
import type { LocalVault } from '../vault/vault.ts';
import type { Prepared } from './prepared.ts';

export interface NodeParts {
  readonly clock?: (clock: Clock) => Clock;
  /** Its store and its disk, before anything is read from them. */
  readonly home?: (home: OpenHome) => OpenHome;
  readonly vault?: (vault: LocalVault) => LocalVault;
  /** The newest version of the protocol that this daemon claims to know, in place of the software's own. */
  readonly protocolVersionMax?: number;
  /** Before its sockets are bound. */
  readonly net?: (net: NodeNet, prepared: Prepared) => NodeNet;
}
