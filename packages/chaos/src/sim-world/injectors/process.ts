// Owns: faults of the process in the simulator, but those that need a disk's help (disk.ts).
import { each, type Injectors, nothingToUndo } from '../injector.ts';

export const PROCESS_FAULTS: Injectors = {
  kill: each((_context, node) => {
    if (!node.isUp) return nothingToUndo;
    node.kill();
    return () => node.start();
  }),
  'power-cut': each((_context, node) => {
    if (!node.isUp) return nothingToUndo;
    node.losePower();
    return () => node.start();
  }),
  freeze: each((_context, node) => {
    node.setFrozen(true);
    return () => node.setFrozen(false);
  }),
  // A replica's end in order writes nothing that its death does not leave as well.
  restart: each((_context, node) => {
    if (!node.isUp) return nothingToUndo;
    node.kill();
    node.start();
    return nothingToUndo;
  }),
};
