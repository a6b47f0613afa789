import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, startRedis, type PrivateRedis } from '../servers/redis.js';

/** A master, a replica, and three Sentinels that watch them, each a process. */
export interface Sentinels {
  readonly url: string;
  readonly master: PrivateRedis;
  readonly replica: PrivateRedis;
  /** The port of the server that the Sentinels call the master. */
  masterPort(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Starts them. With a login, the servers know that user and no other. With a certificate, they and the Sentinels speak
 * only TLS. A silent master is replaced after a second.
 */
export async function startSentinels({ login, tls }: SentinelOptions = {}): Promise<Sentinels> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-sentinel-'));
  const secured = tls && [
    ...['tls-replication yes', `tls-cert-file ${tls.cert}`, `tls-key-file ${tls.key}`, `tls-ca-cert-file ${tls.cert}`],
    'tls-auth-clients no',
  ];
  const serverOptions = [
    ...(login
      ? [`user ${login.user} on >${login.password} ${login.rules}`, `masterauth admin`, `masteruser admin`]
      : []),
    ...(login ? ['user admin on >admin ~* &* +@all', 'user default off'] : []),
    ...(secured ?? []),
  ];
  const flags = serverOptions.flatMap((line) => {
    const [name = '', ...words] = line.split(' ');
    return [`--${name}`, ...words];
  });
  const open = async (more: readonly string[]): Promise<PrivateRedis> => {
    if (!tls) return startRedis(undefined, [...flags, ...more]);
    const port = await freePort();
    const server = await startRedis(undefined, [...flags, '--tls-port', String(port), ...more]);
    return { ...server, port };
  };
  const master = await open(['--repl-diskless-sync-delay', '0']);
  const replica = await open(['--replicaof', '127.0.0.1', String(master.port), '--repl-diskless-sync-delay', '0']);
  const sentinels = await Promise.all([1, 2, 3].map((one) => startSentinel(one)));
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const ask = new Redis({
    ...{ host: '127.0.0.1', port: sentinels[0]!.port },
    ...(tls && { tls: { rejectUnauthorized: false } }),
  });
  await until(async () => {
    const known = (await ask.call('SENTINEL', 'CKQUORUM', 'main').catch(() => '')) as string;
    const replicas = (await ask.call('SENTINEL', 'REPLICAS', 'main')) as readonly unknown[];
    const isLinked = JSON.stringify(replicas).includes('"master-link-status","ok"');
    return known.startsWith('OK 3 usable') && isLinked;
  });

  async function startSentinel(number: number): Promise<{ readonly port: number; stop(): Promise<void> }> {
    const port = await freePort();
    const file = join(folder, `sentinel-${number}.conf`);
    const lines = [
      ...['bind 127.0.0.1', tls ? `port 0\ntls-port ${port}` : `port ${port}`, `dir ${folder}`],
      ...(secured ?? []),
      `sentinel monitor main 127.0.0.1 ${master.port} 2`,
      ...(login ? ['sentinel auth-user main admin', 'sentinel auth-pass main admin'] : []),
      ...['sentinel down-after-milliseconds main 1000', 'sentinel failover-timeout main 5000'],
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    const child = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const kill = (): void => void child.kill('SIGKILL');
    process.once('exit', kill);
    for await (const text of child.stdout) if (String(text).includes('+monitor')) break;
    child.stdout.resume();
    return {
      port,
      async stop() {
        process.off('exit', kill);
        const exited = once(child, 'exit');
        kill();
        await exited;
      },
    };
  }

  return {
    url: `${tls ? 'rediss' : 'redis'}+sentinel://${login ? `${login.user}:${login.password}@` : ''}${hosts}/main`,
    master,
    replica,
    async masterPort() {
      const answer = (await ask.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main')) as readonly string[];
      return Number(answer[1]);
    },
    async stop() {
      ask.disconnect();
      await Promise.all([...sentinels, master, replica].map((one) => one.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface SentinelOptions {
  readonly login?: { readonly user: string; readonly password: string; readonly rules: string };
  readonly tls?: { readonly cert: string; readonly key: string };
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 50));
}
