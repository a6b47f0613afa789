import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { openFileStore } from '#store/file/file-store.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { Measurement } from '../../figure.js';
import { measurementOf } from '../../turns.js';
import { startLocalPool } from '../../workload/pool/local-pool.js';
import { childOf } from '../../workload/pool/process-time.js';
import { withPhotos } from '../../workload/photo-folder.js';
import { microModel } from '../../workload/small-models.js';
import { mebibyte, ownBytesOf } from '../../workload/process-memory.js';

const steps = 10_000;
/** Each quantity goes up and down with the steps: its maximum over many of them is compared. */
const early = { from: 1000, to: 2000 };
const late = { from: 9000, to: steps };

const units = { keys: 'keys', blobs: 'blobs', memory: 'MiB', files: 'files' } as const;
type Quantity = keyof typeof units;
type Sample = Readonly<Record<Quantity, number>>;

/** Does anything grow while a run goes on? A long run of steps that are as small as can be. */
export async function* measure(): AsyncGenerator<Measurement> {
  const samples = await withPhotos(64, samplesOf, 16);
  const most = (quantity: Quantity, { from, to }: typeof early): number =>
    Math.max(...samples.filter(({ step }) => step >= from && step < to).map(({ sample }) => sample[quantity]));
  for (const [quantity, unit] of Object.entries(units) as [Quantity, string][])
    yield measurementOf(`pool/growth/${quantity}`, unit, [
      { value: most(quantity, late), reference: most(quantity, early) },
    ]);
}

async function samplesOf(data: string): Promise<{ readonly step: number; readonly sample: Sample }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-store-'));
  const store = openFileStore(folder);
  const pool = await startLocalPool({ workers: 1, store: store.url, settings: { TANDEM_THREADS: '1' } });
  const redis = new Redis(pool.redisUrl);
  const samples: { readonly step: number; readonly sample: Sample }[] = [];
  try {
    const pids = [childOf('redis-server'), childOf('apps/coordinator'), ...(await pool.workerPids())];
    await pool.train(documentOf(data), async (step) => {
      let blobs = 0;
      for await (const _ of store.list('')) blobs++;
      const files = await Promise.all(pids.map(async (pid) => (await readdir(`/proc/${pid}/fd`)).length));
      const bytes = pids.reduce((sum, pid) => sum + ownBytesOf(pid), 0);
      const sample = {
        keys: await redis.dbsize(),
        blobs,
        memory: bytes / mebibyte,
        files: files.reduce((sum, one) => sum + one, 0),
      };
      samples.push({ step, sample });
    });
    return samples;
  } finally {
    redis.disconnect();
    await pool.stop();
    await rm(folder, { recursive: true });
  }
}

function documentOf(data: string): RunConfigInput {
  return {
    name: 'growth',
    model: microModel,
    tokenizer: { kind: 'bpe', vocabulary: 540 },
    data: { train: data },
    batch: 8,
    shards: 2,
    steps,
  };
}
