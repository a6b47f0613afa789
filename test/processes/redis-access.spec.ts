// Goal: a pool works with a Redis that requires TLS and a password, and no error or log shows the password.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/coordinator.js';
import { freePort, startRedis, type PrivateRedis } from '../support/servers/redis.js';

let redis: PrivateRedis;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let tlsPort: number;
const certificate = (): string => join(directory.path, 'certificate.pem');

beforeAll(async () => {
  directory = await temporaryDirectory();
  const key = join(directory.path, 'key.pem');
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      certificate(),
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ],
    { stdio: 'ignore' },
  );
  tlsPort = await freePort();
  const tls = [
    '--tls-port',
    String(tlsPort),
    '--tls-cert-file',
    certificate(),
    '--tls-key-file',
    key,
    '--tls-ca-cert-file',
    certificate(),
    '--tls-auth-clients',
    'no',
  ];
  redis = await startRedis(undefined, [
    ...tls,
    '--user',
    'tandem',
    'on',
    '>hush-of-tandem',
    '~*',
    '&*',
    '+@all',
    '--user',
    'default',
    'off',
  ]);
});
afterAll(async () => {
  await Promise.all([redis?.stop(), directory?.remove()]);
});

interface Started {
  says(pattern: RegExp): Promise<void>;
  readonly exit: Promise<number | null>;
  output(): string;
  stop(): Promise<void>;
}

function start(app: string, url: string): Started {
  const entry = fileURLToPath(new URL(`../../apps/${app}/src/main.js`, import.meta.url));
  const settings = {
    REDIS_URL: url,
    NODE_EXTRA_CA_CERTS: certificate(),
    TANDEM_STORE: `file:${directory.path}/store`,
    TANDEM_DATA_DIR: directory.path,
    TANDEM_PORT: '0',
    TANDEM_DEVICE: 'cpu',
    TANDEM_CACHE: 'off',
  };
  const child = spawn(process.execPath, [entry], { env: { PATH: process.env['PATH'], ...settings } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => void (output += text.toString()));
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return {
    says: (pattern) => expect.poll(() => output, { timeout: 20_000, interval: 50 }).toMatch(pattern),
    exit,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

it('over TLS, with user and password, coordinator and worker form a pool', async () => {
  const url = `rediss://tandem:hush-of-tandem@127.0.0.1:${tlsPort}`;
  const pool = [start('coordinator', url), start('worker', url)];
  await pool[0]!.says(/The pool changed.*/);
  await pool[1]!.says(/The worker is ready/);
  await Promise.all(pool.map((process) => process.stop()));
  for (const process of pool) expect(process.output()).not.toContain('hush-of-tandem');
});

it.each([
  ['a wrong password', () => `rediss://tandem:hush-of-nobody@127.0.0.1:${tlsPort}`, /rediss:\/\/tandem:\*\*\*@127/],
  ['no TLS', () => `redis://tandem:hush-of-nobody@127.0.0.1:${tlsPort}`, /redis:\/\/tandem:\*\*\*@127/],
])('with %s, a start fails with the address and what to do, but without the password', async (_, url, said) => {
  for (const app of ['coordinator', 'worker']) {
    const started = start(app, url());
    expect(await started.exit).toBe(1);
    expect(started.output()).toMatch(said);
    expect(started.output()).toMatch(/REDIS_URL/);
    expect(started.output()).not.toContain('hush');
    expect(started.output()).not.toMatch(/^\s+at /m);
  }
});
