// Writes ledger-chain.json anew: node packages/core/test/vectors/ledger-chain.generate.ts
import { writeFileSync } from 'node:fs';
import { ledgerChainVector } from '../kit/ledger-chain-vector.ts';

const file = new URL('ledger-chain.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(ledgerChainVector(), null, 1)}\n`);
