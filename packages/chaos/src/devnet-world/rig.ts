// Owns: everything that one run on a devnet is made of, brought up in order and taken down in reverse: proxies, processes,
// clients, ears. Does not own: the phases of a run (run.ts).
import { join } from 'node:path';
import { couldJoin, type Devnet, launchDevnet, type NodeEntry } from '@consilium/devnet';
import type { Fetch } from '@consilium/sdk';
import { createPrng, type Prng } from '@consilium/sim';
import type { StoreSeen } from '../checkers/checker.ts';
import { createHistory, type History } from '../history/history.ts';
import type { ConsentOperation } from '../history/operations.ts';
import { BESIDE_MS_MAX } from '../limits.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ChainWatch } from './chain-watch.ts';
import { daemonEntry } from './daemon-entry.ts';
import { mendHome } from './damage.ts';
import { createJudges, startEars } from './ears.ts';
import type { DevnetContext, DevnetNode } from './injector.ts';
import { holdInquest } from './inquest.ts';
import { lastCodeIn } from './log-tail.ts';
import { createMesh, type Mesh } from './mesh.ts';
import { createNodeControl } from './node-control.ts';
import { kitFolder, makeKitFolder } from './node-faults.ts';
import { createNodeOrders } from './node-orders.ts';
import { mountSmallDisks, type SmallDisks } from './small-disk.ts';
import { createWorkload, openDoors } from './workload.ts';
import { createDevnetWorld, createRunClock, type DevnetWorld } from './world.ts';

export interface Rig extends AsyncDisposable {
  readonly context: DevnetContext;
  readonly world: DevnetWorld;
  readonly watch: ChainWatch;
  /** The last word of those checkers that look back. */
  readonly judgeEnd: (stores: readonly StoreSeen[]) => void;
  readonly prng: Prng;
  /** When a height was seen for the first time. */
  readonly commitsMs: readonly number[];
  logs(): Readonly<Record<string, readonly string[]>>;
  /** What went on beside the scenario is done, or given up. */
  besideDone(): Promise<void>;
  /** Ends every node, and says who made a fork when they hold one. */
  inquest(stores: readonly StoreSeen[]): Promise<void>;
  /** Everything ends; logs are read to their last line. Safe to call again. */
  down(): Promise<void>;
}

export async function bringUp(folder: string, scenario: Scenario, signal: AbortSignal): Promise<Rig> {
  const prng = createPrng(scenario.seed);
  const net = await launch(folder, scenario, prng, signal);
  try {
    return await assemble(folder, scenario.nodes, net, prng);
  } catch (error) {
    await net.devnet.down();
    await net.mesh.close();
    await net.disks.close();
    throw error;
  }
}

interface Net {
  readonly devnet: Devnet;
  readonly mesh: Mesh;
  readonly disks: SmallDisks;
  readonly wordsOf: (entry: NodeEntry) => readonly string[];
}

async function launch(folder: string, scenario: Scenario, prng: Prng, signal: AbortSignal): Promise<Net> {
  const { nodes, guests, seed } = scenario;
  let mesh: Mesh | undefined;
  let disks: SmallDisks | undefined;
  /** Founders first. */
  let entries: readonly NodeEntry[] = [];
  const links = prng.fork('links');
  const wordsOf = (entry: NodeEntry): readonly string[] =>
    mesh === undefined ? [] : dialThrough(mesh, entries, nodes, entry);
  try {
    const devnet = await launchDevnet({
      dir: join(folder, 'net'),
      ...{ nodes, seed: `chaos-${seed}`, findPorts: true, signal },
      onPrepared: async (prepared) => {
        entries = [...prepared.nodes, ...(await couldJoin(prepared, guests))];
        for (const { home } of entries) await makeKitFolder(home);
        disks = await mountSmallDisks(homesToFill(scenario, prepared.nodes));
        const targets = entries.map(({ p2p }, place) => ({ name: nameAt(place, nodes), port: portOf(p2p) }));
        mesh = await createMesh(targets, () => links.fraction());
      },
      program: { entry: daemonEntry, words: wordsOf },
    });
    if (mesh === undefined || disks === undefined)
      throw new Error('invariant: links and disks were made before the nodes');
    for (const { name } of entries.slice(nodes)) await devnet.add(name);
    return { devnet, mesh, disks, wordsOf };
  } catch (error) {
    await mesh?.close();
    await disks?.close();
    throw error;
  }
}

/** Of those whose disk may be full at some time. */
function homesToFill({ steps, nodes }: Scenario, entries: readonly NodeEntry[]): readonly string[] {
  const targets = steps.filter(({ fault }) => fault === 'disk-full').map(({ target }) => target);
  const isMeant = (name: string): boolean =>
    targets.some((target) => typeof target === 'string' || target.includes(name));
  return entries.filter((_, place) => isMeant(nameAt(place, nodes))).map(({ home }) => home);
}

function nameAt(place: number, founders: number): string {
  return place < founders ? `n${place + 1}` : `g${place - founders + 1}`;
}

function portOf(multiaddr: string): number {
  return Number(/(\d+)$/.exec(multiaddr)?.[1]);
}

/** Each node dials each other through the proxy of the two. */
function dialThrough(
  mesh: Mesh,
  entries: readonly NodeEntry[],
  founders: number,
  from: NodeEntry,
): readonly string[] {
  const names = new Map(entries.map((entry, place) => [entry.name, nameAt(place, founders)]));
  const others = entries.filter(({ name }) => name !== from.name);
  const addresses = others.map((to) => {
    const port = mesh.port(names.get(from.name) ?? '', names.get(to.name) ?? '');
    return `${to.institution}=/ip4/127.0.0.1/tcp/${port}`;
  });
  return addresses.length === 0 ? [] : ['--set', `peers.addresses=${addresses.join(',')}`];
}

async function assemble(folder: string, founders: number, net: Net, prng: Prng): Promise<Rig> {
  const { devnet } = net;
  const history = createHistory();
  const operations: ConsentOperation[] = [];
  const judges = createJudges(devnet, history, operations);
  const clock = createRunClock();
  let say: DevnetWorld['say'] = () => undefined;
  const beside = createBeside(history);
  const atEnd: (() => void)[] = [];
  const nodes = devnet.file.nodes.map((entry, place) =>
    createNode(net, entry, nameAt(place, founders), history),
  );
  const doors = await openDoors(devnet, nodes.slice(0, founders));
  const { checkers } = judges;
  const nowMs = (): number => Math.round(clock.nowMs());
  const clientBy = (fetch: Fetch) => devnet.client(undefined, { trustNode: true, fetch });
  const workload = createWorkload({ doors, checkers, history, operations, nowMs, clientBy });
  const nodeOf = (name: string): DevnetNode => {
    const node = nodes.find((known) => known.name === name);
    if (node === undefined) throw new Error(`the devnet has no node ${name}`);
    return node;
  };
  const context: DevnetContext = {
    ...{ devnet, mesh: net.mesh, nodes, history, workload, folder, nodeOf },
    wordsOf: (name) => net.wordsOf(nodeOf(name).entry),
    after: clock.after,
    beside: beside.begin,
    atEnd: (close) => atEnd.push(close),
    say: (entry) => say(entry),
  };
  const world = createDevnetWorld(context, clock);
  say = world.say;
  const ears = startEars(context, world, judges);
  const endNodes = once(async () => {
    world.stop();
    await workload.stop();
    for (const close of atEnd) close();
    await ears.watch.stop();
    await devnet.down();
  });
  const down = once(async () => {
    await endNodes();
    await net.mesh.close();
    await net.disks.close();
    await Promise.all([...ears.tails.values(), ...ears.signed].map((tail) => tail.stop()));
  });
  const homes = nodes.map(({ id, name, entry }) => ({ id, name, home: entry.home }));
  return {
    ...{ context, world, prng, down, judgeEnd: judges.end },
    ...{ watch: ears.watch, commitsMs: ears.commitsMs },
    logs: () => Object.fromEntries([...ears.tails].map(([name, { lines }]) => [name, lines])),
    besideDone: beside.done,
    inquest: async (stores) => {
      await endNodes();
      await holdInquest(history, stores, homes, judges.judgeFork);
    },
    [Symbol.asyncDispose]: down,
  };
}

function createNode({ devnet, disks }: Net, entry: NodeEntry, name: string, history: History): DevnetNode {
  const { institution: id, home } = entry;
  const onTrouble = (error: unknown): void => {
    // Who was damaged may refuse to come up: then it is not owed, and its log says why.
    if (history.excused.has(id) || history.hostile.has(id)) return;
    history.unknown.push(`${name}: ${String(error)}`);
  };
  const log = join(devnet.file.dir, 'logs', `${entry.name}.log`);
  const orders = createNodeOrders(kitFolder(home));
  const smallDisk = disks.byHome.get(home);
  const control = createNodeControl({
    devnet,
    name: entry.name,
    onTrouble,
    mayStart: async () => {
      await orders.idle();
      await smallDisk?.idle();
    },
    mend: async () => history.excused.has(id) && mendHome(home, await lastCodeIn(log)),
  });
  return { name, id, entry, control, orders, smallDisk };
}

function once(act: () => Promise<void>): () => Promise<void> {
  let acting: Promise<void> | undefined;
  return () => {
    acting ??= act();
    return acting;
  };
}

interface Beside {
  readonly begin: DevnetContext['beside'];
  readonly done: () => Promise<void>;
}

function createBeside(history: History): Beside {
  const works = new Set<Promise<void>>();
  return {
    begin: (what, work) => {
      const done: Promise<void> = work()
        .catch((error: unknown) => {
          history.unknown.push(`${what}: ${String(error)}`);
        })
        .finally(() => works.delete(done));
      works.add(done);
    },
    done: async () => {
      const patience = new Promise((resolve) => setTimeout(resolve, BESIDE_MS_MAX).unref());
      await Promise.race([Promise.all(works), patience]);
      if (works.size > 0) history.unknown.push(`${works.size} faults were not done in time`);
    },
  };
}
