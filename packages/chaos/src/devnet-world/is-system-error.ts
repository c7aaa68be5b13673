// Owns: asking what the system's short name of an error is.

export function isSystemError(error: unknown, errno: string): boolean {
  return error instanceof Error && 'code' in error && error.code === errno;
}
