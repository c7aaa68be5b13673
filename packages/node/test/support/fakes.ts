// Deterministic stand-ins for the ports that carry no rule of their own.
import { ConsiliumError, type ErrorCode } from '@consilium/core';
import type { Cancel, Clock, Random, ReportedEvent } from '../../src/ports.ts';

/** Bytes that differ from call to call and are the same on every run. */
export function createCountingRandom(): Random {
  let counter = 0;
  return {
    bytes: (length) => {
      counter += 1;
      return Uint8Array.from({ length }, (_, index) => (counter * 31 + index * 7) & 0xff);
    },
  };
}

export interface EventLog {
  readonly events: ReportedEvent[];
  readonly report: (event: ReportedEvent) => void;
  codes(): string[];
}

export function createEventLog(): EventLog {
  const events: ReportedEvent[] = [];
  return { events, report: (event) => events.push(event), codes: () => events.map((event) => event.code) };
}

export interface ManualClock extends Clock {
  /** Lets time pass, firing what becomes due in its order. */
  advance(ms: number): void;
  /** How many timers are set. */
  timers(): number;
}

export function createManualClock(startMs = 1_000_000): ManualClock {
  let now = 0;
  let timers: { dueMs: number; fire: () => void }[] = [];
  const next = (until: number): { dueMs: number; fire: () => void } | undefined =>
    timers.filter((timer) => timer.dueMs <= until).sort((a, b) => a.dueMs - b.dueMs)[0];
  return {
    wallMs: () => startMs + now,
    monotonicMs: () => now,
    after: (delayMs, fire): Cancel => {
      const timer = { dueMs: now + delayMs, fire };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    timers: () => timers.length,
    advance: (ms) => {
      const until = now + ms;
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        const due = timer;
        timers = timers.filter((other) => other !== due);
        now = Math.max(now, due.dueMs);
        due.fire();
      }
      now = until;
    },
  };
}

export function codeThrownBy(action: () => unknown): ErrorCode | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ConsiliumError) return error.code;
    throw error;
  }
  return undefined;
}
