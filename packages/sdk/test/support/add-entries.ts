// A process that adds entries to a store without end, to be killed: says after each chunk how many are durable.
import { openAuditAdder, openAuditStore } from '../../src/node-only/index.ts';
import { entryOfLine, inputLine } from './aggregates-scene.ts';

const store = await openAuditStore(process.argv[2] ?? '');
const adder = await openAuditAdder(store);
for (;;) {
  await adder.add(Array.from({ length: 10 }, (_, at) => entryOfLine(inputLine(`p${at}`), store)));
  process.send?.(adder.total());
}
