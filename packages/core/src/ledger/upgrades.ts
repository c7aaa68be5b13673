// Owns: by which version of the protocol which height is decided (docs/protocol.md, "Upgrades"): a function of the state
// below it, so that no two nodes can disagree. Does not own: the rules of a version, what a node does that lacks one
// (execute.ts refuses; the replica stops before).
import { PROTOCOL_VERSION_FIRST } from '../block.ts';
import { ConsiliumError } from '../errors.ts';
import type { ScheduledUpgrade, UpgradeChange } from './governance-rows.ts';
import type { Overlay, StateReader } from './state.ts';
import { readRow, writeRow } from './table.ts';
import { UPGRADES } from './tables.ts';

const BEGINNING: ScheduledUpgrade = { height: 0, version: PROTOCOL_VERSION_FIRST };

function scheduled(reader: StateReader): readonly ScheduledUpgrade[] {
  return readRow(reader, UPGRADES) ?? [BEGINNING];
}

/** The version of the block of `height`, from the state after `height - 1` or `height - 2`. */
export function protocolVersionAt(reader: StateReader, height: number): number {
  return inForce(scheduled(reader), height).version;
}

/** The upgrade that is decided and lies above `height`; undefined when there is none. */
export function pendingUpgrade(reader: StateReader, height: number): ScheduledUpgrade | undefined {
  return scheduled(reader).find((upgrade) => upgrade.height > height);
}

function inForce(upgrades: readonly ScheduledUpgrade[], height: number): ScheduledUpgrade {
  return upgrades.findLast((upgrade) => upgrade.height <= height) ?? BEGINNING;
}

/**
 * In block `height`. The version of `height + 1` is settled: nodes have begun it, or stopped before it. Versions come one
 * by one, so that each is tried alone; one that is to come may be moved to another height. Throws `VALUE_INVALID`.
 */
export function checkUpgrade(reader: StateReader, upgrade: UpgradeChange, height: number): void {
  const next = protocolVersionAt(reader, height + 1) + 1;
  if (upgrade.version !== next) throw new ConsiliumError('VALUE_INVALID', { field: 'version', next });
  if (upgrade.height < height + 2)
    throw new ConsiliumError('VALUE_INVALID', { field: 'height', min: height + 2 });
}

export function decideUpgrade(overlay: Overlay, upgrade: UpgradeChange, height: number): void {
  const current = inForce(scheduled(overlay), height + 1);
  writeRow(overlay, UPGRADES, [], [current, { height: upgrade.height, version: upgrade.version }]);
}
