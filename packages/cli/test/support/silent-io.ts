// Nobody at no terminal: for what only lists commands.
import type { Io } from '../../src/io.ts';

export const silentIo: Io = {
  env: {},
  cwd: '/',
  home: '/',
  now: () => 0,
  out: () => {},
  err: () => {},
  readInput: async () => '',
};
