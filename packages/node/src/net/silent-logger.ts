// Owns: that the network library writes no text of its own: what a node reports has codes. The library's default makes a logger
// for each connection and stream, and asks the terminal each time whether it has colours.
import type { ComponentLogger, Logger } from '@libp2p/interface';

const nothing = (): void => undefined;

const log: Logger = Object.assign(nothing, {
  error: nothing,
  trace: nothing,
  enabled: false,
  newScope: () => log,
});

export const silentLogger: ComponentLogger = { forComponent: () => log };
