import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cephConfig } from './ceph-config.js';
import { unpackCeph } from './ceph-packages.js';
import type { CephPrograms } from './ceph-packages.js';
import { freePort } from './redis.js';

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A real S3 server for one test: on loopback, in memory, and gone when it is stopped. */
export interface PrivateS3 {
  readonly kind: 'running';
  readonly endpoint: string;
  /** A user who may create buckets. */
  readonly owner: S3Keys;
  /** A user who may only do what the owner of a bucket allows everybody to do. */
  readonly stranger: S3Keys;
  /** Sends all its processes this signal, as one that freezes or ends it. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}
export interface NoS3 {
  readonly kind: 'unavailable';
  readonly reason: string;
}

/** Usually the server answers within 15 s. A machine that needs longer than this is too slow for the tests. */
const startLimitMs = 120_000;

const run = promisify(execFile);

/**
 * Starts Ceph's S3 gateway with the monitor and the in-memory object store that it needs, from Debian packages in a
 * cache folder. Returns a reason if the packages are not available; rejects if they are but the server does not start.
 */
export async function startRadosgw(): Promise<PrivateS3 | NoS3> {
  const programs = await unpackCeph();
  if ('reason' in programs) return { kind: 'unavailable', reason: programs.reason };
  const folder = await mkdtemp(join(tmpdir(), 'tandem-s3-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(end));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const signal = (name: NodeJS.Signals): void => children.forEach((child) => void child.kill(name));
    return { kind: 'running', ...(await startCluster(programs, folder, children)), signal, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startCluster(
  programs: CephPrograms,
  folder: string,
  children: ChildProcess[],
): Promise<Omit<PrivateS3, 'kind' | 'signal' | 'stop'>> {
  const config = join(folder, 'ceph.conf');
  const monitor = `[v2:127.0.0.1:${await freePort()}]`;
  const port = await freePort();
  const cluster = crypto.randomUUID();
  const disk = crypto.randomUUID();
  const call = (program: string, ...args: string[]): Promise<unknown> =>
    run(join(programs.bin, program), args, { cwd: folder, env: programs.env, timeout: startLimitMs });
  const daemon = async (program: string, ...args: string[]): Promise<void> => {
    children.push(await launch(programs, folder, program, ['-c', config, '-f', ...args]));
  };

  await writeFile(config, cephConfig({ programs, folder, cluster, monitor, port }));
  await makeKeyrings(call, folder);
  await call('monmaptool', '--create', '--fsid', cluster, '--addv', 'a', monitor, join(folder, 'monmap'));
  await call(
    'ceph-mon',
    '--mkfs',
    '-i',
    'a',
    '--monmap',
    join(folder, 'monmap'),
    '--keyring',
    join(folder, 'keyring'),
    '-c',
    config,
  );
  await daemon('ceph-mon', '-i', 'a');
  await call('ceph', '-c', config, '--connect-timeout', '60', 'osd', 'new', disk, '0');
  await call('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', disk, '-c', config);
  await daemon('ceph-osd', '-i', '0');
  const owner = await makeUser(call, config, 'owner');
  const stranger = await makeUser(call, config, 'stranger');
  await daemon('radosgw', '-n', 'client.rgw');
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswers(endpoint);
  return { endpoint, owner, stranger };
}

type Call = (program: string, ...args: string[]) => Promise<unknown>;

async function makeKeyrings(call: Call, folder: string): Promise<void> {
  const keyring = join(folder, 'keyring');
  await call('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
  for (const name of ['client.admin', 'client.rgw', 'osd.0']) {
    await call('ceph-authtool', keyring, '--gen-key', '-n', name, '--cap', 'mon', 'allow *', '--cap', 'osd', 'allow *');
  }
  for (const part of ['mon.a', 'osd.0', 'rgw']) {
    await mkdir(join(folder, part));
    if (part !== 'mon.a') await copyFile(keyring, join(folder, part, 'keyring'));
  }
}

async function makeUser(call: Call, config: string, name: string): Promise<S3Keys> {
  const keys = { accessKeyId: name, secretAccessKey: crypto.randomUUID() };
  const said = ['--access-key', keys.accessKeyId, '--secret', keys.secretAccessKey];
  await call(
    'radosgw-admin',
    '-n',
    'client.rgw',
    '-c',
    config,
    'user',
    'create',
    `--uid=${name}`,
    `--display-name=${name}`,
    ...said,
  );
  return keys;
}

/** Starts a daemon that ends with this process, however this process ends. */
async function launch(programs: CephPrograms, folder: string, program: string, args: string[]): Promise<ChildProcess> {
  const log = await open(join(folder, `${program}.out`), 'w');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', join(programs.bin, program), ...args], {
    cwd: folder,
    env: programs.env,
    stdio: ['ignore', log.fd, log.fd],
  });
  await once(child, 'spawn');
  await log.close();
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function untilAnswers(endpoint: string): Promise<void> {
  const limit = AbortSignal.timeout(startLimitMs);
  while (
    !(await fetch(endpoint, { signal: limit }).then(
      () => true,
      () => false,
    ))
  ) {
    limit.throwIfAborted();
    await setTimeout(100);
  }
}
