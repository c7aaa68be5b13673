// Owns: what strangers and an admitted peer can do to a network of real daemons: each attack in short stretches between
// quiet ones, with what honest clients get through in both, and how much memory each daemon takes. Linux only.
import { mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DEFAULT_PARAMS } from '../../packages/core/src/index.ts';
import { type Devnet, launchDevnet } from '../../packages/devnet/src/index.ts';
import {
  ATTACKS,
  type Attack,
  type AttackPlan,
  type Tally,
} from '../../packages/node/test/support/attacks/plan.ts';
import { approveProposal, proposeParams } from '../../packages/sdk/src/index.ts';
import { startAttack } from './attacks/attacker.ts';
import { type Load, type Stretch, startLoad, stretch } from './attacks/load.ts';
import { type Parting, partProcessors } from './attacks/processors.ts';
import { numberOf } from './support/options.ts';
import type { Trial } from './trial.ts';

/** Of what honest clients get through without the attack, at the median of the stretches. */
const THROUGHPUT_SHARE_MIN = 0.7;
/** What an attack may add to the memory of a daemon: every bound on buffers used up, and what is collected later. */
const RSS_GROWTH_BYTES_MAX = 384 * 1024 * 1024;
/** Sockets of the three listeners with every bound used up, and the files of a store. */
const HANDLES_MAX = 1_024 + 1_024 + 16 + 512;
const SOURCES = 400;
/** What an attack leaves behind is over before the next stretch begins. */
const SETTLE_MS = 1_500;
/** Code is compiled and buffers are grown before anything is measured. */
const WARM_UP_MS = 8_000;
/** Those that take the key of a validator: its own node is away meanwhile. All others are tried with all four there. */
const BY_THE_PEER: ReadonlySet<Attack> = new Set(['oversize-frame', 'flood', 'flood-of-valid-transactions']);
const DEMOTION_MS = 30_000;
const MEMORY_FOLDER = '/dev/shm';
/** Four daemons call a disk low under 1 GB. */
const MEMORY_FOLDER_BYTES_MIN = 1_200 * 1024 * 1024;

interface Scene {
  readonly devnet: Devnet;
  readonly honest: readonly string[];
  readonly load: Load;
  readonly parting: Parting;
  readonly pairs: number;
  readonly stretchMs: number;
}

export const trial: Trial = {
  about:
    'a stranger, a wrong key, an oversize frame, a slow drip, ten thousand connections, a flood from an admitted peer: memory bounded, honest throughput at least 70 %; 10 minutes (--pairs N, --seconds S, --only ATTACK)',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        pairs: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '6' },
        only: { type: 'string', multiple: true },
      },
    });
    const attacks = ATTACKS.filter((attack) => values.only === undefined || values.only.includes(attack));
    if (attacks.length === 0) throw new Error(`--only takes one of ${ATTACKS.join(', ')}`);
    const parting = await partProcessors(tell);
    const folder = await mkdtemp(join(await quickestFolder(tell), 'consilium-attacks-'));
    try {
      const timing = {
        pairs: numberOf(values.pairs, '--pairs'),
        stretchMs: numberOf(values.seconds, '--seconds') * 1_000,
        parting,
      };
      const figures = await attacked(join(folder, 'net'), attacks, timing, tell);
      await rm(folder, { recursive: true, force: true });
      return figures;
    } catch (error) {
      tell(`homes and logs are left in ${folder}`);
      throw error;
    }
  },
};

/** In memory: what is left is processor time, the thing that attackers take, and no disk that others use meanwhile. */
async function quickestFolder(tell: (line: string) => void): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(MEMORY_FOLDER);
    if (bavail * bsize >= MEMORY_FOLDER_BYTES_MIN) return MEMORY_FOLDER;
  } catch {
    // As when there is too little room.
  }
  tell(`no room in ${MEMORY_FOLDER}: other work on the disk makes the shares noisy`);
  return tmpdir();
}

async function attacked(
  dir: string,
  attacks: readonly Attack[],
  timing: Pick<Scene, 'pairs' | 'stretchMs' | 'parting'>,
  tell: (line: string) => void,
): Promise<Readonly<Record<string, unknown>>> {
  await using devnet = await launchDevnet({ dir, findPorts: true });
  const [intruder, ...honest] = devnet.file.nodes.map(({ name }) => name).toReversed();
  if (intruder === undefined) throw new Error('invariant: a devnet has nodes');
  const plan = await planOf(devnet, intruder, honest);
  const load = await startLoad(devnet, honest);
  const ofThePeer = attacks.filter((attack) => BY_THE_PEER.has(attack));
  const ofStrangers = attacks.filter((attack) => !BY_THE_PEER.has(attack));
  const scene = { devnet, honest, load, ...timing };
  try {
    await stretch(devnet, honest, load, WARM_UP_MS);
    const figures: Record<string, AttackFigures> = {};
    for (const attack of [...ofStrangers, ...ofThePeer]) {
      // From then on its key is the attacker's, and three of four go on.
      if (attack === ofThePeer[0]) await absent(scene, intruder);
      figures[attack] = await tried(scene, { ...plan, attack });
      tell(`${attack}: ${JSON.stringify(figures[attack])}`);
    }
    await load.stop();
    judge(figures, load.refused);
    const { apart, first } = timing.parting;
    return { attackerApart: apart, beforeOtherProcesses: first, attacks: figures, refused: load.refused };
  } finally {
    await load.stop();
  }
}

/** Longer than the trial: who is away is demoted once, and costs no timeout in one stretch rather than in another. */
const DEMOTION_HEIGHTS = 1_000_000;

/** A validator that is away costs a timeout whenever its turn to propose comes, until the others have demoted it. */
async function absent({ devnet, honest, load }: Scene, intruder: string): Promise<void> {
  await keepDemoted(devnet, honest);
  await devnet.command(intruder, 'stop');
  await stretch(devnet, honest, load, DEMOTION_MS);
}

async function keepDemoted(devnet: Devnet, honest: readonly string[]): Promise<void> {
  const client = devnet.client(honest, { trustNode: true });
  const change = { ...DEFAULT_PARAMS, demotionHeights: DEMOTION_HEIGHTS };
  const [proposer, ...approvers] = await Promise.all(honest.map((name) => devnet.signer(name)));
  if (proposer === undefined) throw new Error('invariant: a devnet has nodes');
  const proposed = await client.submit([proposeParams(DEFAULT_PARAMS, change)], proposer);
  const id = proposed.state === 'committed' ? proposed.outcomes[0]?.id : undefined;
  if (typeof id !== 'string') throw new Error('the parameters were not proposed');
  for (const approver of approvers) await client.submit([approveProposal(id)], approver);
}

async function planOf(
  devnet: Devnet,
  intruder: string,
  honest: readonly string[],
): Promise<Omit<AttackPlan, 'attack'>> {
  const { home } = devnet.node(intruder);
  const key = async (name: string) =>
    JSON.parse(await readFile(join(home, 'keys', `${name}.json`), 'utf8')) as {
      seed: string;
      account: string;
    };
  const portOf = (text: string): number => Number(/(\d+)\/?$/.exec(text)?.[1]);
  return {
    targets: honest
      .map((name) => devnet.node(name))
      .map(({ p2p, api, metrics }) => ({ p2p: portOf(p2p), api: portOf(api), metrics: portOf(metrics) })),
    genesis: devnet.file.genesisHash,
    account: (await key('account')).account,
    accountSeed: (await key('account')).seed,
    networkSeed: (await key('network')).seed,
    sources: SOURCES,
    connections: 10_000,
  };
}

interface AttackFigures {
  /** Of each attacked stretch over the mean of the quiet ones before and after it; and the median of them. */
  readonly shares: readonly number[];
  readonly share: number;
  readonly quietPerSecond: number;
  readonly attackedPerSecond: number;
  readonly cpuPerDaemonQuiet: number;
  readonly cpuPerDaemonAttacked: number;
  /** Of the daemon that grew the most. */
  readonly rssMegabytesGrown: number;
  readonly rssMegabytesMax: number;
  readonly handlesMax: number;
  /** What the attackers did, all stretches together. */
  readonly attacker: Tally;
}

async function tried(scene: Scene, plan: AttackPlan): Promise<AttackFigures> {
  const { devnet, honest, load, pairs, stretchMs, parting } = scene;
  const attacker: Tally = {};
  const under: Stretch[] = [];
  const quiet = [await stretch(devnet, honest, load, stretchMs)];
  for (let pair = 0; pair < pairs; pair += 1) {
    const attack = await startAttack(plan, parting);
    under.push(await stretch(devnet, honest, load, stretchMs));
    addTally(attacker, await attack.end());
    await delay(SETTLE_MS);
    quiet.push(await stretch(devnet, honest, load, stretchMs));
  }
  const shares = under.map(({ perSecond }, n) => {
    const [before, after] = [quiet[n], quiet[n + 1]].map((each) => each?.perSecond ?? Number.NaN);
    return (2 * perSecond) / ((before ?? Number.NaN) + (after ?? Number.NaN));
  });
  const grown = honest.map((name) => mostMemory(under, name) - mostMemory(quiet.slice(0, 1), name));
  const middle = (all: readonly Stretch[], of: (each: Stretch) => number) => rounded(median(all.map(of)));
  return {
    shares: shares.map(rounded),
    share: rounded(median(shares)),
    quietPerSecond: middle(quiet, ({ perSecond }) => perSecond),
    attackedPerSecond: middle(under, ({ perSecond }) => perSecond),
    cpuPerDaemonQuiet: middle(quiet, ({ cpuPerDaemon }) => cpuPerDaemon),
    cpuPerDaemonAttacked: middle(under, ({ cpuPerDaemon }) => cpuPerDaemon),
    rssMegabytesGrown: Math.round(Math.max(...grown) / 1_048_576),
    rssMegabytesMax: Math.round(Math.max(...honest.map((name) => mostMemory(under, name))) / 1_048_576),
    handlesMax: Math.max(...under.map(({ handlesMax }) => handlesMax)),
    attacker,
  };
}

function mostMemory(stretches: readonly Stretch[], name: string): number {
  return Math.max(...stretches.map(({ rssBytesMax }) => rssBytesMax[name] ?? Number.NaN));
}

function addTally(sum: Tally, tally: Tally): void {
  for (const [what, times] of Object.entries(tally)) {
    const before = sum[what] ?? 0;
    sum[what] = what.endsWith('Max') ? Math.max(before, times) : rounded(before + times);
  }
}

function judge(
  figures: Readonly<Record<string, AttackFigures>>,
  refused: Readonly<Record<string, number>>,
): void {
  if (Object.keys(refused).length > 0) fail(`honest clients were refused: ${JSON.stringify(refused)}`);
  for (const [attack, { share, rssMegabytesGrown, handlesMax }] of Object.entries(figures)) {
    if (!(rssMegabytesGrown * 1_048_576 <= RSS_GROWTH_BYTES_MAX))
      fail(`${attack}: a daemon grew by ${rssMegabytesGrown} MB`);
    if (handlesMax > HANDLES_MAX) fail(`${attack}: a daemon had ${handlesMax} open files`);
    if (!(share >= THROUGHPUT_SHARE_MIN)) fail(`${attack}: honest clients got ${share} of their throughput`);
  }
}

function fail(what: string): never {
  throw new Error(what);
}

/** Of an even number the lower of the two in the middle. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
