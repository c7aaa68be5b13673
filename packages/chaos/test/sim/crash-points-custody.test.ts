import { stateReader } from '@consilium/node/replica';
import {
  type Authored,
  authorRecords,
  type CustodyService,
  createPrng,
  depositRecords,
  enrolment,
  type Hospital,
  type Person,
  personAt,
  signTransaction,
  submit,
} from '@consilium/sim';
import { describe, expect, test } from 'vitest';
import {
  arrange,
  type Crash,
  countPoints,
  crashesAt,
  expectRecovered,
  pointsOf,
} from '../support/crashes.ts';
import { type Network, network } from '../support/network.ts';

const PACKAGE = pointsOf(['package']);
const BLOBS = pointsOf(['vault-write', 'vault-remove', 'custody-rows']);
/** Blobs that no package names are destroyed after an hour, at the next sweep. Milliseconds. */
const AN_HOUR_MS = 61 * 60_000;
const A_SWEEP_MS = 62_000;

function custodyOf(net: Network, node: number): CustodyService {
  const { custody } = net.node(node);
  if (custody === undefined) throw new Error(`node ${node} is down`);
  return custody;
}

function patientOf({ cluster }: Network): Person {
  return personAt(cluster, cluster.founders.hospitals[0] as Hospital, 'patient', 'one');
}

/** Four hospitals and a patient that the ledger knows. */
function networkWithPatient(): Network {
  const net = network({ custody: true });
  const patient = patientOf(net);
  const action = enrolment(net.cluster, patient);
  submit(
    net.cluster,
    net.node(0),
    signTransaction(net.cluster, patient.hospital, [action], new Uint8Array(16)),
  );
  net.untilHeight(1, 5_000);
  return net;
}

let authored: Authored | undefined;

/** One record of that patient; made once, since its shares take longer than a height. */
function recordOf(net: Network): Authored {
  const { custody, founders, keys } = net.cluster;
  const patient = patientOf(net);
  if (custody === undefined) throw new Error('invariant: a cluster with custody');
  const state = stateReader(net.node(0).kv.reader);
  authored ??= authorRecords({ custody, founders, keys }, createPrng(1), state, patient, ['a finding']);
  return authored;
}

/** Through the patient's hospital; gives how many have signed that they hold it. */
function deposit(net: Network): { readonly receipts: () => number } {
  const made = recordOf(net);
  let receipts = 0;
  depositRecords(net.node(0), made, (given) => {
    receipts = given?.length ?? 0;
  });
  return { receipts: () => receipts };
}

function crashInDeposit(crash: Crash): void {
  const net = networkWithPatient();
  const { deaths } = arrange(net, crash);
  deposit(net);
  net.pass(1_500);
  expect(deaths(), `${JSON.stringify(crash)} was reached`).toBe(1);
  expectRecovered(net);
  // The author's node may have died with the answer: the author hands the same in again.
  const again = deposit(net);
  net.until(() => again.receipts() >= 3, 10_000);
  net.expectNoViolation();
}

/** Every node is given a blob of its own, and destroys it after an hour. */
function keepAndSweep(net: Network): void {
  for (const [place, node] of net.nodes.entries())
    node.custody?.storeBlobs([new Uint8Array(100).fill(place + 1)], () => undefined);
  net.pass(300);
  for (const node of net.nodes) node.clockFault.offsetMs = AN_HOUR_MS;
  net.pass(A_SWEEP_MS);
  for (const node of net.nodes) node.clockFault.offsetMs = 0;
}

function crashInSweep(crash: Crash): void {
  const net = network({ custody: true });
  const { deaths } = arrange(net, crash);
  keepAndSweep(net);
  expect(deaths(), `${JSON.stringify(crash)} was reached`).toBe(1);
  expectRecovered(net);
  // What was stored is kept or gone, and never half: a node takes it anew, and gives it back.
  const node = custodyOf(net, crash.node);
  let stored = false;
  node.storeBlobs([new Uint8Array(50).fill(9)], (result) => {
    stored = !(result instanceof Error);
  });
  net.until(() => stored, 5_000);
  net.expectNoViolation();
}

describe('A crash at a named point of custody', () => {
  test('is one that every node passes', () => {
    const deposited = networkWithPatient();
    const packages = countPoints(deposited);
    const { receipts } = deposit(deposited);
    deposited.until(() => receipts() >= 3, 10_000);
    deposited.pass(500);
    for (const count of packages)
      for (const point of PACKAGE) expect(count.get(point), point).toBeGreaterThan(0);

    const swept = network({ custody: true });
    const blobs = countPoints(swept);
    keepAndSweep(swept);
    for (const count of blobs) for (const point of BLOBS) expect(count.get(point), point).toBeGreaterThan(0);
  });

  describe.each(PACKAGE)('%s', (point) => {
    test.each(['kill', 'losePower'] as const)(
      'by %s, on each node and on all at once: the record can be handed in again, and enough sign for it',
      (death) => {
        for (const crash of crashesAt(point, death, 1)) crashInDeposit(crash);
      },
    );
  });

  describe.each(BLOBS)('%s', (point) => {
    test.each(['kill', 'losePower'] as const)(
      'by %s, on each node and on all at once: what is kept can be read and destroyed',
      (death) => {
        for (const crash of crashesAt(point, death, 1)) crashInSweep(crash);
      },
    );
  });
});
