// Owns: that what came up goes down in reverse, on one path. Does not own: what closes.

/** In the order of opening. */
export type Closers = (() => void | Promise<void>)[];

/** Exactly one path closes: what was opened last goes first. Safe to call again. */
export function createStop(closers: Closers): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
  };
  return () => {
    stopping ??= run();
    return stopping;
  };
}
