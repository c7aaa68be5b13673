// The public face of the command: running it from a program.

export type { Io } from './io.ts';
export { run } from './main.ts';
