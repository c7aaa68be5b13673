// Owns: a question to the person at the terminal, and the line that is typed. Does not own: what is asked.
import { createInterface } from 'node:readline/promises';

/** On standard error: standard output is the result's. */
export async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
