// Owns: the numbers in a trial's options. A word that is none must not end as a trial that did nothing and held.

/** Above zero. Throws a sentence. */
export function numberOf(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new Error(`${option} is a number above zero, not '${text}'`);
  return value;
}
