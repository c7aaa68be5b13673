// One directed link between two nodes, in user space: whoever dials the proxy reaches the target until the link is cut.
// A pair of nodes dials from one end at first and from the other when that fails: to part them, cut a proxy of each
// direction.
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

export interface LinkProxy {
  readonly port: number;
  /** To be dialled instead of the target: goes into `addressOverrides`. */
  readonly address: string;
  /** Pairs of sockets that are open. */
  readonly open: number;
  /** Ends what is open and refuses what is dialled, as a firewall that rejects. */
  cut(): void;
  /** Passes no byte on and says nothing, as a pulled cable. */
  stall(): void;
  /** Passes again. What was held back by `stall` follows. */
  heal(): void;
  close(): Promise<void>;
}

export interface LinkTarget {
  readonly host: string;
  readonly port: number;
}

type State = 'open' | 'cut' | 'stalled';

export async function createLinkProxy(target: LinkTarget): Promise<LinkProxy> {
  const pipes = new Set<Pipe>();
  let state: State = 'open';
  const server = createServer({ noDelay: true }, (near) => {
    if (state === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const pipe = new Pipe(near, dial({ ...target, noDelay: true }), () => pipes.delete(pipe));
    pipes.add(pipe);
    if (state === 'stalled') pipe.stall();
  });
  const become = (next: State): void => {
    state = next;
    for (const pipe of [...pipes]) {
      if (next === 'cut') pipe.end();
      else if (next === 'stalled') pipe.stall();
      else pipe.heal();
    }
  };
  const port = await listen(server);
  return {
    port,
    address: `/ip4/127.0.0.1/tcp/${port}`,
    get open() {
      return pipes.size;
    },
    cut: () => become('cut'),
    stall: () => become('stalled'),
    heal: () => become('open'),
    close: () => {
      become('cut');
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') throw new Error('invariant: a TCP server has a port');
      resolve(bound.port);
    });
  });
}

/** Two sockets joined. While it is stalled, not even the end of one is told to the other. */
class Pipe {
  readonly #ends: readonly [Socket, Socket];
  readonly #onEnd: () => void;
  #stalled = false;

  constructor(near: Socket, far: Socket, onEnd: () => void) {
    this.#ends = [near, far];
    this.#onEnd = onEnd;
    for (const socket of this.#ends) {
      // An error is followed by 'close'.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (!this.#stalled) this.end();
      });
    }
    this.heal();
  }

  stall(): void {
    const [near, far] = this.#ends;
    this.#stalled = true;
    near.unpipe(far).pause();
    far.unpipe(near).pause();
  }

  heal(): void {
    const [near, far] = this.#ends;
    this.#stalled = false;
    if (near.destroyed || far.destroyed) {
      this.end();
      return;
    }
    near.pipe(far);
    far.pipe(near);
  }

  end(): void {
    for (const socket of this.#ends) socket.destroy();
    this.#onEnd();
  }
}
