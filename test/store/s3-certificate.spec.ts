// Goal: an S3 server whose certificate nobody has signed whom Node knows is refused with what to set. Method: a server
// that speaks TLS and no more; the connection ends before anything is asked.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '#store/open-store.js';
import { makeCertificate } from '../support/servers/certificate.js';

async function startServer(): Promise<{ readonly port: number; readonly ca: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-s3-tls-'));
  const { cert, key } = makeCertificate(folder);
  const [ca, privateKey] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')]);
  const server = createServer({ cert: ca, key: privateKey }, (socket) => void socket.on('error', () => undefined));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  return { port: (server.address() as AddressInfo).port, ca };
}

const keys = { accessKeyId: 'anyone', secretAccessKey: 'anything', region: 'us-east-1' };

it('a certificate that signs itself', async () => {
  const { port } = await startServer();
  const store = openStore('s3://bucket/prefix', { ...keys, endpoint: `https://127.0.0.1:${port}` });
  await expect(store.get('a')).rejects.toMatchObject({
    code: 'STORE_FAILED',
    retryable: false,
    message: expect.stringMatching(/nobody whom Node knows.*https:\/\/127\.0\.0\.1:\d+.*self-signed certificate/),
    help: expect.stringMatching(/TANDEM_S3_CA.*NODE_EXTRA_CA_CERTS/),
  });
  await store.close();
});
