// What fits of the attacks into a test: one node's doors in this process, and all that strangers and an admitted peer do to
// daemons in the trial `attacks`, which measures memory and throughput.
import { describe, expect, onTestFinished, test } from 'vitest';
import { createListener } from '../../../src/observe/listener.ts';
import { startApi } from '../../support/api-harness.ts';
import { ATTACKERS } from '../../support/attacks/attackers.ts';
import type { Attack, AttackPlan, Tally } from '../../support/attacks/plan.ts';
import {
  admittedPeer,
  GENESIS,
  institutionOf,
  type NetNode,
  seedOf,
  startNetNode,
  until,
  untilConnected,
} from '../../support/net-node.ts';

const INTRUDER = 9;
const API_CONNECTIONS_MAX = 64;

/** A node with its three listeners, an honest peer of it, and an admitted institution that is the attacker's. */
async function scene() {
  const [node, peer] = [await startNetNode(1), await startNetNode(2)];
  const intruder = await admittedPeer(INTRUDER, []);
  for (const each of [node, peer]) each.net.admit([node.peer, peer.peer, intruder]);
  const limits = { connectionsMax: API_CONNECTIONS_MAX, rate: { perSecond: 1e6, burst: 1e6 } };
  const h = await startApi({ limits, sign: true });
  const listener = createListener(
    {
      metrics: { text: async () => 'up 1\n', contentType: 'text/plain' },
      readiness: () => ({ ready: true, reasons: [] }),
      report: () => {},
    },
    { host: '127.0.0.1', port: 0 },
  );
  const metrics = await listener.start();
  onTestFinished(async () => {
    await Promise.all([node.net.stop(), peer.net.stop(), h.api.stop(), listener.stop()]);
  });
  await untilConnected([node, peer]);
  const p2p = Number(node.net.addresses()[0]?.split('/')[4]);
  const target = { p2p, api: Number(new URL(h.url).port), metrics: metrics.port };
  return { node, peer, target, url: h.url };
}

function planOf(attack: Attack, target: AttackPlan['targets'][number]): AttackPlan {
  const seed = Buffer.from(seedOf(INTRUDER)).toString('hex');
  return {
    attack,
    targets: [target],
    genesis: GENESIS,
    account: institutionOf(INTRUDER),
    networkSeed: seed,
    accountSeed: seed,
    sources: 400,
    connections: 400,
  };
}

/** The peer's next message arrives, and a client and a scraper are answered. */
async function serves(
  { node, peer }: { node: NetNode; peer: NetNode },
  target: AttackPlan['targets'][number],
) {
  const before = node.messages.filter((each) => each.peer === peer.institution).length;
  await until(() => peer.net.send(node.institution, 'agreement', Uint8Array.of(7)), 'sent');
  await until(
    () => node.messages.filter((each) => each.peer === peer.institution).length > before,
    'the honest message arrives',
  );
  for (const url of [`http://127.0.0.1:${target.api}/v1/status`, `http://127.0.0.1:${target.metrics}/livez`])
    expect((await fetch(url, { headers: { connection: 'close' } })).status).toBe(200);
}

// Attackers have addresses of their own, as only Linux gives on a loopback: nobody can tell who is honest at theirs.
describe.runIf(process.platform === 'linux')(
  'Under a stranger, a wrong key, an oversize frame, a slow drip, ten thousand connections and a flood from an admitted peer, the peers and clients that a node knows are served',
  () => {
    test.each<[Attack, (tally: Tally, node: NetNode) => boolean]>([
      ['stranger', ({ dials = 0 }, node) => dials > 3 && node.reported('P2P_STRANGER_REFUSED')],
      ['wrong-key', ({ status401 = 0, connectionsMade = 0 }) => status401 > 10 && connectionsMade > 20],
      [
        'oversize-frame',
        ({ framesAnnounced = 0, bytesSent = 0 }) => framesAnnounced > 0 && bytesSent > 1_000_000,
      ],
      ['slow-drip', ({ bytesDripped = 0 }) => bytesDripped > 200],
      ['ten-thousand-connections', ({ connectionsMade = 0 }) => connectionsMade > 400],
      ['flood', ({ bytesSent = 0 }) => bytesSent > 5_000_000],
    ])('%s: peer and clients are served meanwhile', async (attack, isUnderWay) => {
      const { node, peer, target } = await scene();
      // Whom the node has answered before.
      await serves({ node, peer }, target);
      const ending = new AbortController();
      const tally: Tally = {};
      const attacking = ATTACKERS[attack](planOf(attack, target), tally, ending.signal);
      try {
        await until(() => isUnderWay(tally, node), `${attack} is under way: ${JSON.stringify(tally)}`);
        await serves({ node, peer }, target);
        expect(node.net.connected()).toContain(peer.institution);
        // An attacker whom the node takes for one of another network is no attack of an admitted peer.
        expect(node.reported('P2P_OTHER_NETWORK')).toBe(false);
      } finally {
        ending.abort();
        await attacking.catch(() => undefined);
      }
    });
  },
);
