// Owns: whether the process of one node runs, while several faults ask for it to be down or frozen: it comes back when the
// last of them lets go. Does not own: the processes (the devnet).
import { isConsiliumError } from '@consilium/core';
import type { Devnet, NodeCommand, NodeState } from '@consilium/devnet';
import { MENDINGS_MAX } from '../limits.ts';

export interface NodeControl {
  /** Whether a fault holds it down, may end it at any time, or let go of it just now. */
  readonly mayBeDown: boolean;
  /** Dies at once and stays down until the undo. `whileDown` has its files for itself. */
  takeDown(whileDown?: () => Promise<void>): () => void;
  /** It may end by itself until the undo, which brings it up again. */
  expectEnd(): () => void;
  freeze(): () => void;
  /** In order: asked to stop, then started. */
  restart(): void;
  /** Resolves when it is as the standing faults want it. Rejects when it does not come up. */
  settled(): Promise<void>;
  state(): Promise<NodeState>;
}

const ENDED: readonly NodeState[] = ['failed', 'killed', 'stopped'];

export interface NodeControlDeps {
  readonly devnet: Pick<Devnet, 'command' | 'standings'>;
  /** Of the devnet's node. */
  readonly name: string;
  /** What was asked for could not be done. */
  readonly onTrouble: (error: unknown) => void;
  /** Resolves when it may start: what was lifted from it is really gone. */
  readonly mayStart: () => Promise<void>;
  /** It did not come up: does what an operator is told to do about it. False: there is nothing to be done. */
  readonly mend: () => Promise<boolean>;
}

export function createNodeControl(deps: NodeControlDeps): NodeControl {
  const { devnet, name, onTrouble, mayStart, mend } = deps;
  let down = 0;
  let frozen = 0;
  let ending = 0;
  let atWork = 0;
  let last: Promise<void> = Promise.resolve();

  const { state, command } = createCommands(devnet, name);
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    atWork += 1;
    const done = last.then(work).finally(() => {
      atWork -= 1;
    });
    // Who was killed while it came up did not come up.
    last = done.catch((error: unknown) => {
      if (down === 0) onTrouble(error);
    });
    return done;
  };
  const start = async (mendings: number): Promise<void> => {
    await mayStart();
    try {
      await command('start');
    } catch (error) {
      if (down > 0 || mendings === 0 || !(await mend())) throw error;
      await start(mendings - 1);
    }
  };
  const settle = async (): Promise<void> => {
    if (down > 0) return;
    if (ENDED.includes(await state())) await start(MENDINGS_MAX);
    const now = await state();
    if (frozen > 0 && now === 'running') await command('pause');
    if (frozen === 0 && now === 'paused') await command('resume');
  };
  const settleSoon = (): void => {
    inTurn(settle).catch(() => undefined);
  };
  const once = (undo: () => void): (() => void) => {
    let done = false;
    return () => {
      if (done) return;
      done = true;
      undo();
      settleSoon();
    };
  };

  return {
    get mayBeDown() {
      return down + ending + atWork > 0;
    },
    takeDown: (whileDown) => {
      down += 1;
      // Not in turn: it may be coming up just now, and that takes long.
      const killed = command('kill');
      // Waited for in turn, and it may fail long before.
      killed.catch(() => undefined);
      inTurn(async () => {
        await killed;
        if (!ENDED.includes(await state())) await command('kill');
        await whileDown?.();
      }).catch(onTrouble);
      return once(() => {
        down -= 1;
      });
    },
    expectEnd: () => {
      ending += 1;
      return once(() => {
        ending -= 1;
      });
    },
    freeze: () => {
      frozen += 1;
      settleSoon();
      return once(() => {
        frozen -= 1;
      });
    },
    restart: () => {
      inTurn(async () => {
        if (down === 0) await command('restart');
        await settle();
      }).catch(() => undefined);
    },
    settled: () => inTurn(settle),
    state,
  };
}

interface Commands {
  state(): Promise<NodeState>;
  /** A state that does not allow it has come about by itself: the next look sees it. */
  command(verb: NodeCommand): Promise<void>;
}

function createCommands(devnet: NodeControlDeps['devnet'], name: string): Commands {
  return {
    state: async () => {
      const standing = (await devnet.standings()).find((known) => known.name === name);
      return standing?.state ?? 'stopped';
    },
    command: async (verb) => {
      try {
        await devnet.command(name, verb);
      } catch (error) {
        if (!isConsiliumError(error, 'DEVNET_NODE_STATE')) throw error;
      }
    },
  };
}
