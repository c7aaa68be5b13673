// Owns: the callbacks of ports as promises, for the adapters that may await. The portable parts may not.
import type { Done } from './ports.ts';

/** Resolves when the work says that it is done, throws the error that it says. */
export function whenDone(work: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    work((error) => (error === undefined ? resolve() : reject(error)));
  });
}

/** Resolves with what is answered. */
export function whenAnswered<T>(ask: (answered: (answer: T) => void) => void): Promise<T> {
  return new Promise((resolve) => {
    ask(resolve);
  });
}
