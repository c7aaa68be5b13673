// Owns: what strangers and an admitted peer can do to a network of real daemons: each attack in pairs of a quiet and an
// attacked stretch, with what honest clients get through in both, and how much memory the daemons take. Linux only.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Devnet, launchDevnet } from '../../packages/devnet/src/index.ts';
import {
  ATTACKS,
  type Attack,
  type AttackPlan,
  type Tally,
} from '../../packages/node/test/support/attacks/plan.ts';
import { type Client, noop, type Signer } from '../../packages/sdk/src/index.ts';
import type { Trial } from './trial.ts';

/** Of what honest clients get through without the attack, at the median of the pairs. */
const THROUGHPUT_SHARE_MIN = 0.7;
/** What an attack may add to the memory of a daemon: every bound on buffers used up, and what is collected later. */
const RSS_GROWTH_BYTES_MAX = 384 * 1024 * 1024;
/** Sockets of the three listeners with every bound used up, and the files of a store. */
const HANDLES_MAX = 1_024 + 1_024 + 16 + 512;
const HONEST_CLIENTS = 8;
/** An attacker has a machine of its own; here it shares this one, and goes last. */
const ATTACKER_NICENESS = 10;
const SOURCES = 400;
/** What an attack leaves behind is over before the next stretch begins. */
const SETTLE_MS = 2_000;
const SAMPLE_MS = 500;
const ATTACKER = fileURLToPath(new URL('../../packages/node/test/support/attacks/main.ts', import.meta.url));

interface Timing {
  readonly pairs: number;
  readonly stretchMs: number;
}

export const trial: Trial = {
  about:
    'a stranger, a wrong key, an oversize frame, a slow drip, ten thousand connections, a flood from an admitted peer: memory bounded, honest throughput at least 70 %; 8 minutes (--pairs N, --seconds S, --only ATTACK)',
  run: async ({ args, tell }) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        pairs: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
        only: { type: 'string', multiple: true },
      },
    });
    const attacks = ATTACKS.filter((attack) => values.only === undefined || values.only.includes(attack));
    if (attacks.length === 0) throw new Error(`--only takes one of ${ATTACKS.join(', ')}`);
    const timing = { pairs: Number(values.pairs), stretchMs: Number(values.seconds) * 1_000 };
    const folder = await mkdtemp(join(tmpdir(), 'consilium-attacks-'));
    try {
      const figures = await attacked(join(folder, 'net'), attacks, timing, tell);
      await rm(folder, { recursive: true, force: true });
      return figures;
    } catch (error) {
      tell(`homes and logs are left in ${folder}`);
      throw error;
    }
  },
};

async function attacked(
  dir: string,
  attacks: readonly Attack[],
  timing: Timing,
  tell: (line: string) => void,
): Promise<Readonly<Record<string, unknown>>> {
  await using devnet = await launchDevnet({ dir, findPorts: true });
  const [intruder, ...honest] = devnet.file.nodes.map(({ name }) => name).toReversed();
  if (intruder === undefined) throw new Error('invariant: a devnet has nodes');
  const plan = await planOf(devnet, intruder, honest);
  // Its key is the attacker's now: three of four go on.
  await devnet.command(intruder, 'stop');
  const load = await startLoad(devnet, honest);
  try {
    await stretch(devnet, honest, load, timing.stretchMs);
    const figures: Record<string, AttackFigures> = {};
    for (const attack of attacks) {
      figures[attack] = await tried(devnet, honest, load, { ...plan, attack }, timing);
      tell(`${attack}: ${JSON.stringify(figures[attack])}`);
    }
    await load.stop();
    judge(figures, load.refused);
    return { attacks: figures, refused: load.refused };
  } finally {
    await load.stop();
  }
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

interface Load {
  readonly committed: () => number;
  /** Codes of what honest clients were refused with. */
  readonly refused: Record<string, number>;
  stop(): Promise<void>;
}

/** Clients that hand in one transaction after the other, each as soon as the one before is committed. */
async function startLoad(devnet: Devnet, names: readonly string[]): Promise<Load> {
  const refused: Record<string, number> = {};
  let committed = 0;
  let stopped = false;
  const one = async (client: Client, signer: Signer): Promise<void> => {
    while (!stopped) {
      try {
        const { state } = await client.submit([noop()], signer);
        if (state === 'committed') committed += 1;
        else refused[state] = (refused[state] ?? 0) + 1;
      } catch (error) {
        const code = String((error as { code?: string }).code ?? error);
        refused[code] = (refused[code] ?? 0) + 1;
        await delay(20);
      }
    }
  };
  const running = await Promise.all(
    Array.from({ length: HONEST_CLIENTS }, async (_, index) => {
      const name = names[index % names.length] as string;
      const client = devnet.client([name], { trustNode: true });
      return { done: one(client, await devnet.signer(name)) };
    }),
  );
  return {
    committed: () => committed,
    refused,
    stop: async () => {
      stopped = true;
      await Promise.all(running.map(({ done }) => done));
    },
  };
}

interface Stretch {
  readonly perSecond: number;
  /** Processor time of one daemon at the mean, of a second and of one committed transaction. */
  readonly cpuPerSecond: number;
  readonly cpuPerCommit: number;
  readonly rssBytesMax: number;
  readonly handlesMax: number;
}

async function stretch(
  devnet: Devnet,
  names: readonly string[],
  load: Load,
  forMs: number,
): Promise<Stretch> {
  const pids = (await devnet.standings())
    .filter(({ name }) => names.includes(name))
    .map(({ name, pid }) => pid ?? fail(`${name} is not running`));
  const [begun, before, cpuBefore] = [performance.now(), load.committed(), await cpuSecondsOf(pids)];
  let [rssBytesMax, handlesMax] = [0, 0];
  while (performance.now() - begun < forMs) {
    for (const pid of pids) {
      rssBytesMax = Math.max(rssBytesMax, await rssBytesOf(pid));
      handlesMax = Math.max(handlesMax, (await readdir(`/proc/${pid}/fd`)).length);
    }
    await delay(SAMPLE_MS);
  }
  const seconds = (performance.now() - begun) / 1_000;
  const committed = load.committed() - before;
  const cpu = ((await cpuSecondsOf(pids)) - cpuBefore) / pids.length;
  return {
    perSecond: committed / seconds,
    cpuPerSecond: cpu / seconds,
    cpuPerCommit: cpu / Math.max(1, committed),
    rssBytesMax,
    handlesMax,
  };
}

/** Clock ticks of /proc/PID/stat on every Linux in use. */
const TICKS_PER_SECOND = 100;

/** Processor time of all of them together. */
async function cpuSecondsOf(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
    // The 14th and 15th of proc(5), which begins to count before the name.
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

async function rssBytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1_024;
}

interface AttackFigures {
  /** Attacked over quiet, pair by pair; and the median of them. */
  readonly shares: readonly number[];
  readonly rawShare: number;
  /**
   * The same over what is left of this machine's processors when the attacker has taken its own part, which it would take of
   * a machine of its own.
   */
  readonly share: number;
  readonly quietPerSecond: number;
  readonly attackedPerSecond: number;
  /**
   * Of one processor of a daemon's own, what the attack leaves: its time under attack, less what the transactions that it
   * committed meanwhile took in the quiet. It says on a busy machine what the throughput says on a quiet one.
   */
  readonly cpuShareLeft: number;
  readonly rssMegabytesQuiet: number;
  readonly rssMegabytesAttacked: number;
  readonly handlesMax: number;
  /** What the attackers did, all stretches together. */
  readonly attacker: Tally;
}

async function tried(
  devnet: Devnet,
  names: readonly string[],
  load: Load,
  plan: AttackPlan,
  { pairs, stretchMs }: Timing,
): Promise<AttackFigures> {
  const quiet: Stretch[] = [];
  const under: Stretch[] = [];
  const attacker: Tally = {};
  const machineShares: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    quiet.push(await stretch(devnet, names, load, stretchMs));
    const begun = performance.now();
    const attack = await startAttack(plan);
    under.push(await stretch(devnet, names, load, stretchMs));
    const tally = await attack.end();
    const attackSeconds = (performance.now() - begun) / 1_000;
    machineShares.push(1 - (tally['cpuSeconds'] ?? 0) / (availableParallelism() * attackSeconds));
    for (const [what, times] of Object.entries(tally)) {
      const before = attacker[what] ?? 0;
      attacker[what] = what.endsWith('Max') ? Math.max(before, times) : before + times;
    }
    await delay(SETTLE_MS);
  }
  const shares = under.map(({ perSecond }, pair) => perSecond / (quiet[pair]?.perSecond ?? Number.NaN));
  const most = (all: readonly Stretch[], of: (each: Stretch) => number): number => Math.max(...all.map(of));
  return {
    shares: shares.map(rounded),
    rawShare: rounded(median(shares)),
    share: rounded(median(shares.map((each, pair) => each / (machineShares[pair] ?? 1)))),
    quietPerSecond: rounded(median(quiet.map(({ perSecond }) => perSecond))),
    attackedPerSecond: rounded(median(under.map(({ perSecond }) => perSecond))),
    cpuShareLeft: rounded(
      median(
        under.map(({ perSecond, cpuPerSecond }, pair) =>
          Math.min(1, 1 - cpuPerSecond + perSecond * (quiet[pair]?.cpuPerCommit ?? 0)),
        ),
      ),
    ),
    rssMegabytesQuiet: Math.round(most(quiet, ({ rssBytesMax }) => rssBytesMax) / 1_048_576),
    rssMegabytesAttacked: Math.round(most(under, ({ rssBytesMax }) => rssBytesMax) / 1_048_576),
    handlesMax: most(under, ({ handlesMax }) => handlesMax),
    attacker,
  };
}

async function startAttack(plan: AttackPlan): Promise<{ readonly end: () => Promise<Tally> }> {
  const child: ChildProcess = spawn('nice', ['-n', String(ATTACKER_NICENESS), process.execPath, ATTACKER], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdin === null || child.stdout === null) throw new Error('invariant: the attacker has pipes');
  const lines = createInterface({ input: child.stdout });
  const said = lines[Symbol.asyncIterator]();
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  if ((await said.next()).value !== 'ready') throw new Error(`the attacker of ${plan.attack} did not begin`);
  const { stdin } = child;
  return {
    end: async () => {
      stdin.end();
      const { value } = await said.next();
      if (child.exitCode === null) await once(child, 'exit');
      return JSON.parse(String(value)) as Tally;
    },
  };
}

function judge(
  figures: Readonly<Record<string, AttackFigures>>,
  refused: Readonly<Record<string, number>>,
): void {
  for (const [attack, each] of Object.entries(figures)) {
    const { share, rssMegabytesQuiet, rssMegabytesAttacked, handlesMax } = each;
    if (!(share >= THROUGHPUT_SHARE_MIN)) fail(`${attack}: honest clients got ${share} of their throughput`);
    const growth = (rssMegabytesAttacked - rssMegabytesQuiet) * 1_048_576;
    if (growth > RSS_GROWTH_BYTES_MAX)
      fail(`${attack}: a daemon grew from ${rssMegabytesQuiet} to ${rssMegabytesAttacked} MB`);
    if (handlesMax > HANDLES_MAX) fail(`${attack}: a daemon had ${handlesMax} open files`);
  }
  const codes = Object.keys(refused);
  if (codes.length > 0) fail(`honest clients were refused: ${JSON.stringify(refused)}`);
}

function fail(what: string): never {
  throw new Error(what);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
