import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TestCertificate } from '../servers/certificate.js';
import { unpackDebian } from '../servers/debian-packages.js';
import { freePort } from '../servers/redis.js';
import { root } from '../source-files.js';

const run = promisify(execFile);

/** Finds nginx: the one that is installed, or Debian's package in a cache folder. Returns a reason if there is none. */
export async function findNginx(): Promise<{ readonly program: string } | { readonly reason: string }> {
  for (const program of ['nginx', '/usr/sbin/nginx']) if (await answers(program)) return { program };
  const unpacked = await unpackDebian({
    title: "nginx' packages",
    folder: 'nginx',
    packages: ['nginx'],
    dependencies: false,
    only: ['./usr/sbin/nginx'],
    marker: 'usr/sbin/nginx',
  });
  if ('reason' in unpacked) return unpacked;
  const program = join(unpacked.root, 'usr/sbin/nginx');
  return (await answers(program)) ? { program } : { reason: `${program} does not run on this machine` };
}

function answers(program: string): Promise<boolean> {
  return run(program, ['-v']).then(
    () => true,
    () => false,
  );
}

/**
 * An nginx that has the coordinator below /tandem/ of a site, and below /plain/ with no other setting than its address.
 * At every other path there is something else.
 */
export interface Nginx {
  readonly url: string;
  /** The same site by TLS. */
  readonly secureUrl: string;
  stop(): Promise<void>;
}

interface NginxOptions {
  readonly program: string;
  /** An empty folder for its files. */
  readonly folder: string;
  readonly certificate: TestCertificate;
  /** The address of the coordinator. */
  readonly target: string;
}

/** Starts nginx with deploy/nginx/tandem.conf as it is, but for the coordinator's port. */
export async function startNginx({ program, folder, certificate, target }: NginxOptions): Promise<Nginx> {
  const written = await readFile(join(root, 'deploy/nginx/tandem.conf'), 'utf8');
  await mkdir(folder);
  await writeFile(join(folder, 'tandem.conf'), written.replace('http://127.0.0.1:7400/', `${target}/`));
  const [port, securePort] = [await freePort(), await freePort()];
  await writeFile(join(folder, 'nginx.conf'), siteOf({ target, port, securePort, certificate }));
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (text: Buffer) => void (output += text.toString()));
  const exited = once(child, 'exit');
  const kill = (): void => void child.kill('SIGTERM'); // By this its workers end too.
  process.once('exit', kill);
  while (!(await accepts(securePort))) {
    if (child.exitCode !== null) throw new Error(`Expected nginx to start, got ${output}`);
    await delay(50);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    secureUrl: `https://127.0.0.1:${securePort}`,
    async stop() {
      process.off('exit', kill);
      kill();
      await exited;
    },
  };
}

interface Site {
  readonly target: string;
  readonly port: number;
  readonly securePort: number;
  readonly certificate: TestCertificate;
}

/** nginx as it is by default, with its files in its own folder and as the user who starts it. */
function siteOf({ target, port, securePort, certificate }: Site): string {
  const user = process.getuid?.() === 0 ? `user ${userInfo().username};` : '';
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  return `
daemon off;
worker_processes 1;
pid nginx.pid;
${user}
events {}
http {
  access_log off;
  ${folders.join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    listen 127.0.0.1:${securePort} ssl;
    ssl_certificate ${certificate.cert};
    ssl_certificate_key ${certificate.key};
    include tandem.conf;
    location /plain/ {
      proxy_pass ${target}/;
    }
    location / {
      return 404 "not Tandem";
    }
  }
}
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
