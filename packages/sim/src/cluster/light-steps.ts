// Owns: light steps of a simulated store, as `queries/light.ts` of the daemon: by single reads, since a simulated chain is
// short, and its store lists nothing to those who ask for them.
import { decode, type LightStep, OBJECT_BYTES_MAX, validatorSetShape } from '@consilium/core';
import {
  heightKey,
  type Kv,
  readBlock,
  readCertificate,
  readLightHeader,
  TABLES,
} from '@consilium/node/replica';

const STEPS_PER_PAGE_MAX = 64;

export function lightStepsOf(kv: Pick<Kv, 'get'>, from: number, tip: number): LightStep[] {
  const steps: LightStep[] = [];
  for (let height = from + 1; height <= tip && steps.length < STEPS_PER_PAGE_MAX; height += 1) {
    const change = kv.get(TABLES.setChanges, heightKey(height));
    if (change === undefined && height < tip) continue;
    const light = readLightHeader(kv, height);
    const header = light?.header ?? readBlock(kv, height)?.header;
    const certificate = light?.certificate ?? readCertificate(kv, height);
    if (header === undefined || certificate === undefined) break;
    const nextValidators = change === undefined ? null : decode(validatorSetShape, change, OBJECT_BYTES_MAX);
    steps.push({ header, certificate, nextValidators });
  }
  return steps;
}
