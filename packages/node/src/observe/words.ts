// Owns: how long something has lasted, and how large it is, in words for people.

/** `120 ms`, `8 s`, `3 min`, `5 h`, `2 days`. */
export function forWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

/** `900 bytes`, `12 MB`, `3.4 GB`. */
export function sizeWords(bytes: number): string {
  if (bytes < 1_048_576) return bytes < 10_240 ? `${bytes} bytes` : `${Math.round(bytes / 1_024)} KB`;
  if (bytes < 1_073_741_824) return `${Math.round(bytes / 1_048_576)} MB`;
  return `${(bytes / 1_073_741_824).toFixed(1)} GB`;
}
