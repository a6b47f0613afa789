import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '#store/open-store.js';
import { median, secondsOf } from '../../turns.js';
import type { StoreRates } from '../machines.js';
import { meanCpuSecondsOf } from './cpu-seconds.js';

/** Without what all processes have together: the cores limit that. */
export type FileRates = Omit<StoreRates, 'totalBytesPerSecond'>;

const turns = 25;
const smallBytes = 64;

/** A file store in the folder for temporary files, with blobs of so many bytes: one process, and nobody beside it. */
export async function* measure({ bytes }: { readonly bytes: number }): AsyncGenerator<FileRates> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-store-'));
  const store = openStore(`file:${folder}`);
  const [small, large] = [new Uint8Array(smallBytes), new Uint8Array(bytes).fill(1)];
  const msOf = async (work: (turn: number) => Promise<unknown>): Promise<number> => {
    const times: number[] = [];
    while (times.length < turns) times.push(1000 * (await secondsOf(() => work(times.length))));
    return median(times);
  };
  const rateOf = async (work: () => Promise<unknown>): Promise<number> => bytes / (await meanCpuSecondsOf(work));
  const writeMs = await msOf((turn) => store.put(`small/${turn}`, small));
  await store.put('large', large);
  const readBytesPerSecond = await rateOf(() => store.get('large'));
  yield {
    ...{ name: 'file', kind: 'file', readBytesPerSecond, writeMs },
    readMs: await msOf((turn) => store.get(`small/${turn}`)),
    durableMs: (await msOf((turn) => store.put(`durable/${turn}`, large, { durable: true }))) - writeMs,
    writeBytesPerSecond: await rateOf(() => store.put('large', large)),
  };
  await store.close();
  await rm(folder, { recursive: true });
}
