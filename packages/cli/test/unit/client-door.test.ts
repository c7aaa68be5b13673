import { expect, test } from 'vitest';
import { createCertificate } from '../../../node/test/support/certificates.ts';
import { createFakeLedger, createFakeNode } from '../../../sdk/test/support/fake-node.ts';
import { createDesk, use } from '../support/desk.ts';
import { serve } from '../support/served-node.ts';

test('status over TLS, with a client certificate: --ca-file, --client-cert, --client-key; without one of them the node is not reached', async () => {
  const authority = createCertificate('hospital authority', { authority: true });
  const own = createCertificate('node', { issuer: authority });
  const lab = createCertificate('lab', { issuer: authority });
  const ledger = createFakeLedger();
  const asked = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };
  await using served = await serve(createFakeNode(ledger), { cert: own.cert, key: own.key, ...asked });
  using desk = createDesk();
  desk.now = () => ledger.chain.view().tip.time;
  use(desk, served.url, ledger.chain.genesis);
  desk.write('ca.pem', authority.cert);
  desk.write('lab.pem', lab.cert);
  desk.write('lab.key', lab.key, 0o600);

  const words = ['status', '--node', served.url, '--ca-file', 'ca.pem'];
  const shown = [...words, '--client-cert', 'lab.pem', '--client-key', 'lab.key'];
  expect(await desk.run(...shown)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await desk.run(...words)).toMatchObject({ exitCode: 3 });
  expect(await desk.run('status', '--node', served.url)).toMatchObject({ exitCode: 3 });
  expect(await desk.run(...words, '--client-cert', 'lab.pem')).toMatchObject({ exitCode: 64 });
});
