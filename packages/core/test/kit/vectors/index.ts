// Owns: the list of generated vector files and how they are written.
import { auditVectors } from './audit.ts';
import { custodyVectors } from './custody.ts';
import { ed25519Vectors } from './ed25519.ts';
import { lightClientVectors } from './light-client.ts';
import { merkleVectors } from './merkle.ts';
import { messageVectors } from './messages.ts';
import { sharingVectors } from './sharing.ts';
import { stateTreeVectors } from './state-tree.ts';

export const GENERATED: Readonly<Record<string, () => unknown>> = {
  'audit.json': auditVectors,
  'custody/messages.json': custodyVectors,
  'custody/sharing.json': sharingVectors,
  'ed25519.json': ed25519Vectors,
  'light-client.json': lightClientVectors,
  'merkle.json': merkleVectors,
  'messages.json': messageVectors,
  'state-tree.json': stateTreeVectors,
};

/** One line per vector, so that a change shows which. */
export function toJson(vectors: unknown): string {
  const entries = Object.entries(vectors as Record<string, unknown>).map(([name, value]) => {
    if (!Array.isArray(value)) return `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
    const lines = value.map((entry) => `    ${JSON.stringify(entry)}`);
    return `  ${JSON.stringify(name)}: [\n${lines.join(',\n')}\n  ]`;
  });
  return `{\n${entries.join(',\n')}\n}\n`;
}
