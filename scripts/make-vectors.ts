// Writes the generated vectors under packages/core/test/vectors/. The same bytes on every machine: run it after a
// deliberate change of a format, and read the difference.
import { writeFileSync } from 'node:fs';
import { GENERATED, toJson } from '../packages/core/test/kit/vectors/index.ts';

for (const [file, make] of Object.entries(GENERATED)) {
  writeFileSync(new URL(`../packages/core/test/vectors/${file}`, import.meta.url), toJson(make()));
  process.stdout.write(`${file}\n`);
}
