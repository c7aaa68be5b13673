// Writes a FHIR R4 bundle of an invented person to standard output: `--resources N` (default 60), `--seed S`.
import { parseArgs } from 'node:util';
import { sampleBundle } from '../packages/devnet/src/sample/bundle.ts';

const { values } = parseArgs({
  options: { resources: { type: 'string', default: '60' }, seed: { type: 'string', default: 'sample' } },
});
process.stdout.write(sampleBundle({ resources: Number(values.resources), seed: values.seed }));
