import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';

/** What clients ask for, as fast as they are answered. */
export interface FloodOf {
  readonly url: string;
  readonly clients: number;
  /** The API key they give. */
  readonly key: string;
}

/** A process of its own that keeps the coordinator or a core busy, until it is stopped. */
export interface Burden {
  stop(): void;
}

const modulePath = fileURLToPath(import.meta.url);

/** Clients that read from an API as fast as they are answered. */
export const startFlood = (flood: FloodOf): Promise<Burden> => start(flood);

/** A loop that takes one core. */
export const startBurner = (): Promise<Burden> => start('burn');

async function start(what: FloodOf | 'burn'): Promise<Burden> {
  const child = fork(modulePath, [JSON.stringify(what)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  return { stop: () => void child.kill('SIGKILL') };
}

function flood({ url, clients, key }: FloodOf): void {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const ask = (): void => {
    const again = (): void => void setImmediate(ask);
    get(url, { agent, headers: { 'x-api-key': key } }, (response) => {
      response.resume().once('close', again);
    }).once('error', again);
  };
  for (let client = 0; client < clients; client++) ask();
}

function burn(): void {
  for (;;) Math.sqrt(2);
}

if (process.argv[1] === modulePath) {
  const what = JSON.parse(process.argv[2]!) as FloodOf | 'burn';
  process.once('disconnect', () => process.exit());
  process.send!('started');
  if (what === 'burn') setImmediate(burn);
  else flood(what);
}
