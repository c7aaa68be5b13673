// Owns: a value of a known shape from its JSON. Does not own: whether another text would say the same (whoever reads).
import type { Shape } from '@consilium/core';

/** undefined: not JSON, or of another shape. */
export function jsonOfShape<T>(shape: Shape<T>, text: string): T | undefined {
  try {
    const raw: unknown = JSON.parse(text);
    shape.toWire(raw as T, '$');
    return raw as T;
  } catch {
    return undefined;
  }
}
