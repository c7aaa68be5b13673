import { isConsiliumError } from '@consilium/core';
import { expect, it } from 'vitest';
import { NODES_MAX } from '../../src/limits.ts';
import { hospitalIndex, planNetwork, refuseOther } from '../../src/network/plan.ts';
import { portUses } from '../../src/network/ports.ts';
import { parseTopology, readTopology } from '../../src/network/topology.ts';

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return isConsiliumError(error) ? error.code : 'uncoded';
  }
};

it('reads the topology that is shipped: four founders, a fifth hospital, people at each', async () => {
  const { seed, basePort, nodes, hospitals, patients } = await readTopology();
  expect({ seed, basePort, nodes }).toEqual({ seed: 'consilium', basePort: 7080, nodes: 4 });
  expect(hospitals.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(hospitals.every(({ clinicians }) => clinicians.length > 0)).toBe(true);
  expect(patients.length).toBeGreaterThan(0);
});

it('gives every node ports of its own, ten apart, as a function of the base port', async () => {
  const { founders } = planNetwork(await readTopology(), { basePort: 9000, nodes: 7 });
  expect(founders[0]?.ports).toEqual({ api: 9000, metrics: 9001, p2p: 9002 });
  expect(founders[6]?.ports).toEqual({ api: 9060, metrics: 9061, p2p: 9062 });
  const names = founders.map(({ id }) => id);
  const ports = portUses(9000, names).map(({ port }) => port);
  expect(new Set(ports).size).toBe(21);
});

it('generates hospitals beyond the named ones, up to the bound', async () => {
  const topology = await readTopology();
  const { founders } = planNetwork(topology, { nodes: NODES_MAX });
  expect(founders.map(({ id }) => id).slice(4, 8)).toEqual(['e', 'f', 'g', 'h']);
  expect(new Set(founders.map(({ name }) => name)).size).toBe(NODES_MAX);
  expect(codeOf(() => planNetwork(topology, { nodes: NODES_MAX + 1 }))).toBe('CONFIG_INVALID');
  expect(codeOf(() => planNetwork(topology, { nodes: 0 }))).toBe('CONFIG_INVALID');
});

it('finds a hospital by its short name, by its full name, and a generated one', async () => {
  const topology = await readTopology();
  expect(hospitalIndex(topology, 'b')).toBe(1);
  expect(hospitalIndex(topology, 'Castle Hill Clinic')).toBe(2);
  expect(hospitalIndex(topology, 'g')).toBe(6);
  expect(hospitalIndex(topology, 'zz')).toBeUndefined();
});

it('refuses a seed, size or base port other than the network in the folder was made with', () => {
  const made = { seed: 'consilium', basePort: 7080, nodes: 4 };
  expect(codeOf(() => refuseOther(made, {}))).toBeUndefined();
  expect(codeOf(() => refuseOther(made, { seed: 'consilium', nodes: 4 }))).toBeUndefined();
  expect(codeOf(() => refuseOther(made, { seed: 'trial' }))).toBe('DEVNET_MISMATCH');
  expect(codeOf(() => refuseOther(made, { basePort: 9000 }))).toBe('DEVNET_MISMATCH');
});

const FOUNDERS = 'seed = "s"\nbase_port = 7080\nnodes = 1\npatients = []\n';
const hospital = (id: string, more = ''): string =>
  `[[hospitals]]\nid = "${id}"\nname = "Hospital ${id}"\n${more}`;

it('takes a topology with one hospital and nobody in it', () => {
  expect(parseTopology(FOUNDERS + hospital('a')).hospitals).toEqual([
    { id: 'a', name: 'Hospital a', clinicians: [] },
  ]);
});

it('refuses a topology that names somebody twice, an unknown role, or a port that users may not take', () => {
  const nurse = '[[hospitals.clinicians]]\nid = "a"\nrole = "nurse"\n';
  const cook = '[[hospitals.clinicians]]\nid = "x"\nrole = "cook"\n';
  expect(codeOf(() => parseTopology(FOUNDERS + hospital('a') + hospital('a')))).toBe('CONFIG_INVALID');
  expect(codeOf(() => parseTopology(FOUNDERS + hospital('a', nurse)))).toBe('CONFIG_INVALID');
  expect(codeOf(() => parseTopology(FOUNDERS + hospital('a', cook)))).toBe('CONFIG_INVALID');
  const low = FOUNDERS.replace('7080', '80');
  expect(codeOf(() => parseTopology(low + hospital('a')))).toBe('CONFIG_INVALID');
  expect(codeOf(() => parseTopology('seed ='))).toBe('CONFIG_MALFORMED');
});
