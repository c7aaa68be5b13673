// The public face of the fault kit.
export { simMain } from './cli/main.ts';
