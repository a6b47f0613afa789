import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

/** A server of small pictures in a process of its own. */
export interface PictureServer {
  readonly url: string;
  /** CPU time of its process so far. */
  cpuSeconds(): Promise<number>;
  close(): void;
}

const modulePath = fileURLToPath(import.meta.url);

export async function startPictureServer(): Promise<PictureServer> {
  const child = fork(modulePath, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [port] = (await once(child, 'message')) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    async cpuSeconds() {
      const answer = once(child, 'message') as Promise<[number]>;
      child.send('cpu');
      return (await answer)[0];
    },
    close: () => void child.kill('SIGKILL'),
  };
}

/** JPEGs of 128 × 128 pixels and about 5 kB, as those of a thumbnail server. */
async function serve(): Promise<void> {
  const pictures = await Promise.all(
    Array.from({ length: 64 }, (_, number) =>
      sharp(
        Uint8Array.from({ length: 20 * 20 * 3 }, (_, at) => ((at + 7) * (number + 3) * 2_654_435_761) >>> 24),
        { raw: { width: 20, height: 20, channels: 3 } },
      )
        .resize(128, 128, { kernel: 'cubic' })
        .jpeg({ quality: 85 })
        .toBuffer(),
    ),
  );
  const server = createServer(({ url = '' }, response) => {
    const number = Number(/(\d+)\.jpg$/.exec(url)?.[1] ?? -1);
    if (number < 0) return void response.writeHead(404).end();
    const body = pictures[number % pictures.length]!;
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': body.byteLength }).end(body);
  });
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send!((user + system) / 1e6);
  });
  process.on('disconnect', () => process.exit(0));
}

if (process.argv[1] === modulePath) await serve();
