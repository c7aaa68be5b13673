// Owns: guessing which name was meant.

/** Single-character edits between two texts (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known name nearest to a mistyped one, unless none is near: at most a third of it wrong, or two characters. */
export function nearestName(mistyped: string, known: readonly string[]): string | undefined {
  const distances = known.map((name) => ({ name, distance: distanceTo(mistyped, name) }));
  const nearest = distances.reduce((best, next) => (next.distance < best.distance ? next : best));
  const distanceMax = Math.max(2, Math.floor(mistyped.length / 3));
  return nearest.distance <= distanceMax ? nearest.name : undefined;
}

/** Whoever writes a key under the wrong table, or under none, has its last part right. */
function distanceTo(mistyped: string, name: string): number {
  const whole = editDistance(mistyped, name);
  const lastParts = editDistance(lastPart(mistyped), lastPart(name)) + 1;
  return Math.min(whole, lastParts);
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
