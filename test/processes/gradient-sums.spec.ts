// Goal: a step's gradients cost about one upload for each worker, not one for each shard, with the same bits; and half
// of that in bfloat16. Method: real processes; the bytes that the coordinator read, by its own metrics, are counted in
// blobs of one gradient.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { updatedTensors } from '#model/parameters/trainable-parameters.js';
import type { RunConfig, RunConfigInput } from '#protocol/run/run-config.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { startPool, type TestPool } from '../support/pool.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';

const [shards, pairs] = [8, 2];
let directory: string;
let pool: TestPool;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-sums-'));
  await writeTinyData(join(directory, 'data'));
  pool = await startPool();
  await pool.addWorker();
});
afterAll(async () => {
  await pool.stop();
  await rm(directory, { recursive: true });
});

/** Trains a run. Returns its parameters and, for each step, the bytes of gradients that the coordinator read. */
async function trained(id: string, config: RunConfig): Promise<{ parameters: Uint8Array; gradientBytes: number[] }> {
  const store = openStore(join(directory, 'store'));
  const embeddings = new Map<string, number>();
  const counted: Store = {
    ...store,
    async get(key) {
      const bytes = await store.get(key);
      const [, step] = /^(.*)embeddings\//.exec(key) ?? [];
      if (step !== undefined) embeddings.set(step, (embeddings.get(step) ?? 0) + bytes.byteLength);
      return bytes;
    },
  };
  const events = await pool.train({ id, config, store: counted });
  const bytesIn = events.flatMap((event) => (event.kind === 'step' ? [event.metrics.bytesIn] : []));
  const latest = await latestCheckpoint(store, runKeys(id).checkpoints);
  return {
    parameters: (await readCheckpoint(store, latest!.folder)).blobs['parameters.safetensors']!,
    gradientBytes: [...embeddings.values()].map((embeddingBytes, at) => bytesIn[at]! - embeddingBytes),
  };
}

it('one upload for one worker, half of it in bfloat16, about two for two workers; the same bits', async () => {
  const configWith = (changes: Partial<RunConfigInput> = {}): RunConfig =>
    tinyRun(join(directory, 'data'), {
      ...{ batch: shards * pairs, shards, steps: 8, limits: { stragglerFactor: 1000 } },
      ...changes,
    });
  const config = configWith();
  const gradientBytes = sharedBlob(updatedTensors(config)).bytes.byteLength;

  const one = await trained('one', config);
  expect(one.gradientBytes).toEqual(Array(8).fill(gradientBytes));

  const narrow = await trained('narrow', configWith({ gradients: { precision: 'bfloat16' } }));
  const tensorBytes = updatedTensors(config).reduce(
    (sum, { shape }) => sum + shape.reduce((n, side) => n * side, 4),
    0,
  );
  for (const bytes of narrow.gradientBytes)
    expect(Math.abs(bytes - (gradientBytes - tensorBytes / 2))).toBeLessThan(512);
  const [exact, rounded] = [float32Values(one.parameters), float32Values(narrow.parameters)];
  const largest = (name: string): number =>
    exact[name]!.reduce((most, value, at) => Math.max(most, Math.abs(value - rounded[name]![at]!)), 0);
  const differences = Object.keys(exact).map(largest);
  expect(Math.max(...differences)).toBeGreaterThan(0);
  expect(Math.max(...differences)).toBeLessThan(1e-3);

  await pool.addWorker();
  const two = await trained('two', config);
  const uploads = two.gradientBytes.map((bytes) => bytes / gradientBytes);
  expect(uploads.every(Number.isInteger)).toBe(true);
  // More where a worker that was done took shards of the other, as on a busy machine.
  expect(Math.min(...uploads)).toBe(2);
  expect(uploads.reduce((sum, count) => sum + count, 0) / uploads.length).toBeLessThan(5);
  expect(Buffer.compare(two.parameters, one.parameters)).toBe(0);
}, 300_000);
