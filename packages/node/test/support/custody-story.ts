// Owns: how most tales of custody begin: two records of a patient at one hospital, held by all founders, and a consent to both
// for the doctor of another. Does not own: the world that it happens in (custody-world.ts).
import { expect } from 'vitest';
import { credential, grantTo, type Person } from '../../../core/test/kit/people.ts';
import { TABLES } from '../../src/tables.ts';
import type { Authored } from './custody-author.ts';
import { type CustodyNode, type CustodyWorld, until } from './custody-world.ts';

export interface CustodyStory {
  readonly home: CustodyNode;
  readonly reading: CustodyNode;
  readonly patient: Person;
  readonly doctor: Person;
  readonly authored: Authored;
}

export async function beginStory(world: CustodyWorld): Promise<CustodyStory> {
  const [home, reading] = world.nodes as [CustodyNode, CustodyNode];
  const patient = world.patient(home.hospital, 'patient of the story');
  const doctor = credential(world.chain, reading.hospital, 'doctor of the story');
  const authored = await world.author(home.hospital, patient);
  await world.register(home, home.hospital, authored);
  const founders = world.nodes.slice(0, 4);
  await until(() => founders.every(({ kv }) => kv.rows(TABLES.packages).length > 0), 'all hold the package');
  expect(world.act(patient, grantTo(world.chain, patient.id, doctor.id, { categories: [] }))).toBe('OK');
  return { home, reading, patient, doctor, authored };
}
