// Owns: what can be wrong around a home: the machine, the addresses that the node listens on, the ways to the others.
import { addressOverrides } from '../config/peers.ts';
import { isWildcard, parseTcpAddress, type TcpAddress } from '../config/tcp-address.ts';
import { DISK_FREE_BYTES_MIN, MEMORY_BYTES_MIN, NODE_JS_MAJOR_MIN, OPEN_FILES_MIN } from '../limits.ts';
import { sizeWords } from '../observe/words.ts';
import { type Finding, finding } from './findings.ts';
import type { Machine } from './machine.ts';
import type { Neighbour, Patient } from './patient.ts';

export async function checkMachine({ paths }: Patient, machine: Machine): Promise<Finding[]> {
  const free = await machine.freeBytes(paths.home);
  const { nodeJsVersion, memoryBytes, openFilesMax } = machine;
  const found: Finding[] = [];
  if (free !== undefined && free < DISK_FREE_BYTES_MIN)
    found.push(finding('DISK_LOW', { home: paths.home }, `${sizeWords(free)} left`));
  if ((await machine.clockIsKept()) === false) found.push(finding('CLOCK_NOT_KEPT'));
  if (memoryBytes < MEMORY_BYTES_MIN) found.push(finding('MEMORY_LOW', {}, sizeWords(memoryBytes)));
  if (openFilesMax > 0 && openFilesMax < OPEN_FILES_MIN)
    found.push(finding('FILES_LIMIT_LOW', {}, `${openFilesMax}, ${OPEN_FILES_MIN} are needed`));
  if (Number.parseInt(nodeJsVersion, 10) < NODE_JS_MAJOR_MIN)
    found.push(finding('NODE_JS_OLD', {}, `${nodeJsVersion}, ${NODE_JS_MAJOR_MIN} is needed`));
  return found;
}

/** Only while the node does not run: it would hold them itself. */
export async function checkListening({ config, store }: Patient, machine: Machine): Promise<Finding[]> {
  if (config === undefined || store === 'in-use') return [];
  const places = [
    ...config.p2p.listen.flatMap((address) => parseTcpAddress(address) ?? []),
    { host: config.api.host, port: config.api.port },
    { host: config.metrics.host, port: config.metrics.port },
  ];
  const found: Finding[] = [];
  for (const { host, port } of places) {
    const answer = port === 0 ? 'free' : await machine.canListen(host, port);
    if (answer === 'taken') found.push(finding('PORT_TAKEN', { port }, `${host}:${port}`));
    if (answer === 'not-here') found.push(finding('ADDRESS_NOT_HERE', {}, host));
  }
  return found;
}

export function checkProcess({ pid, store }: Patient, machine: Machine): Finding[] {
  if (store === 'in-use' || pid === undefined || machine.isAlive(pid)) return [];
  return [finding('PID_STALE', {}, String(pid))];
}

export async function checkNeighbours(patient: Patient, machine: Machine): Promise<Finding[]> {
  const { account, members, store } = patient;
  const others = members.filter(({ id }) => id !== account);
  const looks = others.map((each) => unreachable('PEER_UNREACHABLE', withOverrides(patient, each), machine));
  const own = members.filter(({ id }) => id === account && store === 'in-use');
  const ownLooks = own.map((each) => unreachable('OWN_ADDRESS_UNREACHABLE', each, machine));
  return (await Promise.all([...looks, ...ownLooks])).flat();
}

/** The operator's own word for where a hospital is goes before the ledger's. */
function withOverrides({ config }: Patient, neighbour: Neighbour): Neighbour {
  if (config === undefined) return neighbour;
  const { byInstitution } = addressOverrides(config.peers.addresses, [neighbour]);
  return { ...neighbour, addresses: byInstitution[neighbour.id] ?? neighbour.addresses };
}

async function unreachable(
  code: 'PEER_UNREACHABLE' | 'OWN_ADDRESS_UNREACHABLE',
  { name, addresses }: Neighbour,
  machine: Machine,
): Promise<Finding[]> {
  const places = addresses.flatMap((address): TcpAddress[] => {
    const place = parseTcpAddress(address);
    return place === undefined || isWildcard(place) ? [] : [place];
  });
  const answers = await Promise.all(places.map(({ host, port }) => machine.canReach(host, port)));
  const [first] = places;
  if (first === undefined || answers.includes(true)) return [];
  const { host, port } = first;
  return [
    finding(
      code,
      { host, port },
      `${name} at ${places.map((each) => `${each.host}:${each.port}`).join(', ')}`,
    ),
  ];
}
