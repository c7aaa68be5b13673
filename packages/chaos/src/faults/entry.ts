// Owns: what the kit knows of one fault: its name, what it does, how it is undone, what it needs, where it is available.
import type { FaultName } from './names.ts';

export type FaultClass =
  | 'process'
  | 'network'
  | 'message'
  | 'clock'
  | 'disk'
  | 'byzantine'
  | 'load'
  | 'operator';

export type ParamKind = 'duration' | 'integer' | 'fraction' | 'text';

export interface ParamSpec {
  readonly name: string;
  readonly kind: ParamKind;
  readonly default: string | number;
  readonly does: string;
  /** Of numbers and durations (milliseconds). */
  readonly min?: number;
  readonly max?: number;
  /** Of texts. */
  readonly oneOf?: readonly string[];
}

/** `true`, or why not. */
export type Availability = true | string;

export interface FaultEntry {
  readonly name: FaultName;
  readonly class: FaultClass;
  /** One sentence. */
  readonly does: string;
  readonly undo: string;
  /** Of the machine or the scenario, beyond a network that runs. */
  readonly needs: string;
  readonly sim: Availability;
  readonly devnet: Availability;
  /**
   * Whether its target is no longer a good validator: it lies, or its disk lost or forgot what it answered for. Such
   * targets count against f for ever; who is down, cut off, slow or late does so only while it lasts.
   */
  readonly faulty: boolean;
  /** Of misbehaviour: whether honest nodes come to hold evidence against its author. */
  readonly provable: boolean | undefined;
  readonly params: readonly ParamSpec[];
}
