// Owns: telling of an upgrade that is decided: once each time it is decided or moved, and at every start until it has come.
// Does not own: that a height whose rules this node does not know is not begun (replica.ts).
import type { Report } from '../ports.ts';
import type { LedgerDesk } from './ledger-desk.ts';

export interface UpgradeNewsDeps {
  readonly ledger: Pick<LedgerDesk, 'protocol'>;
  readonly report: Report;
}

export class UpgradeNews {
  readonly #deps: UpgradeNewsDeps;
  #told = '';

  constructor(deps: UpgradeNewsDeps) {
    this.#deps = deps;
  }

  tell(): void {
    const { upgrade, supported } = this.#deps.ledger.protocol();
    const name = upgrade === null ? '' : `${upgrade.version}/${upgrade.height}`;
    if (name === this.#told) return;
    this.#told = name;
    if (upgrade === null) return;
    const { version, height } = upgrade;
    const isKnown = version <= supported;
    const code = isKnown ? 'upgrade.decided' : 'upgrade.unsupported';
    this.#deps.report({ level: isKnown ? 'info' : 'error', code, height, version, supported });
  }
}
