// Owns: how half of a configuration file is told from a whole one: a file that is made here says in its first line with
// which line it ends. One written by hand says nothing of the kind, and is taken as it is.

export const END_MARK = '# end of config.toml';
export const END_ANNOUNCED: string = `# This file ends with the line "${END_MARK}".`;

/** Lines may be added after the mark: it only has to be there. */
export function isCutShort(toml: string): boolean {
  const lines = toml.split(/\r?\n/).map((line) => line.trim());
  return lines.includes(END_ANNOUNCED) && !lines.includes(END_MARK);
}
