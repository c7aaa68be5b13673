// Owns: the packages that this node holds, decoded and with their points, a few of them remembered. Does not own: what
// lies on the disk (holdings.ts).
import type { Group, Hex32 } from '@consilium/core';
import { PACKAGE_VIEWS_MAX } from '../limits.ts';
import type { Holdings } from './holdings.ts';
import { type PackageView, viewOf } from './package-view.ts';
import { nameOf, storedPackage } from './stored-package.ts';

export class Views {
  readonly #holdings: Holdings;
  readonly #group: Group;
  readonly #remembered = new Map<string, PackageView>();

  constructor(holdings: Holdings, group: Group) {
    this.#holdings = holdings;
    this.#group = group;
  }

  /** undefined: not held. */
  of(batch: Hex32, epoch: number): PackageView | undefined {
    const name = nameOf(batch, epoch);
    const view = this.#remembered.get(name) ?? this.#read(batch, epoch);
    this.#remembered.delete(name);
    if (view === undefined) return undefined;
    this.#remembered.set(name, view);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > PACKAGE_VIEWS_MAX && oldest !== undefined) this.#remembered.delete(oldest);
    return view;
  }

  /** What stood under this name is gone, or another by now. */
  forget(batch: Hex32, epoch: number): void {
    this.#remembered.delete(nameOf(batch, epoch));
  }

  /** Of every epoch. */
  forgetAll(batch: Hex32): void {
    for (const name of [...this.#remembered.keys()])
      if (name.startsWith(`${batch}/`)) this.#remembered.delete(name);
  }

  #read(batch: Hex32, epoch: number): PackageView | undefined {
    const content = storedPackage(this.#holdings.package(batch, epoch));
    return content === undefined ? undefined : viewOf(this.#group, content);
  }
}
