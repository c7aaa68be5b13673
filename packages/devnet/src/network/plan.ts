// Owns: from the topology and what was asked for to the hospitals of one network: who founds it, who could join, and
// under which ports. Pure. Does not own: files (prepare.ts).
import { ConsiliumError } from '@consilium/core';
import { BASE_PORT_MAX, BASE_PORT_MIN, NODES_MAX } from '../limits.ts';
import { type NodePorts, portsOf } from './ports.ts';
import { type Hospital, integerOf, seedOf, type Topology } from './topology.ts';

export interface PlanOptions {
  readonly seed?: string;
  readonly basePort?: number;
  readonly nodes?: number;
}

export interface Plan {
  readonly seed: string;
  readonly basePort: number;
  readonly founders: readonly PlannedHospital[];
}

export interface PlannedHospital extends Hospital {
  readonly ports: NodePorts;
}

/** Throws `CONFIG_INVALID` for a value that is out of bounds. */
export function planNetwork(topology: Topology, options: PlanOptions = {}): Plan {
  const seed = seedOf(options.seed ?? topology.seed, '--seed');
  const basePort = integerOf(
    options.basePort ?? topology.basePort,
    '--base-port',
    BASE_PORT_MIN,
    BASE_PORT_MAX,
  );
  const nodes = integerOf(options.nodes ?? topology.nodes, '--nodes', 1, NODES_MAX);
  const founders = Array.from({ length: nodes }, (_, index) => plannedHospital(topology, basePort, index));
  return { seed, basePort, founders };
}

/** The hospital at this place of the topology, or past its end a generated one. */
export function plannedHospital(topology: Topology, basePort: number, index: number): PlannedHospital {
  const hospital = topology.hospitals[index] ?? generatedHospital(index);
  return { ...hospital, ports: portsOf(basePort, index) };
}

function generatedHospital(index: number): Hospital {
  const letter = String.fromCharCode('a'.charCodeAt(0) + index);
  return { id: letter, name: `Hospital ${letter.toUpperCase()}`, clinicians: [] };
}

/** The place of a hospital that is named by id or name; undefined when there is none. */
export function hospitalIndex(topology: Topology, named: string): number | undefined {
  for (let index = 0; index < NODES_MAX; index += 1) {
    const { id, name } = topology.hospitals[index] ?? generatedHospital(index);
    if (id === named || name === named) return index;
  }
  return undefined;
}

/** Throws `DEVNET_MISMATCH` {setting, made, asked} when something else was asked for than the network was made with. */
export function refuseOther(made: Required<PlanOptions>, asked: PlanOptions): void {
  for (const setting of ['seed', 'basePort', 'nodes'] as const) {
    const wanted = asked[setting];
    if (wanted !== undefined && wanted !== made[setting])
      throw new ConsiliumError('DEVNET_MISMATCH', { setting, made: made[setting], asked: wanted });
  }
}
