// Goal: the memory of a worker decides only how much it recomputes, not the result; and a worker never computes with
// other parameters than a task names. Method: the task handler of a worker, on a store in a directory.
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { addInto } from '#model/optimizer/gradient-sum.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { towerNames, type TowerName } from '#model/towers/tower-step.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import {
  protocolVersion,
  type Answer,
  type BackpropAnswer,
  type EncodeAnswer,
  type FailedAnswer,
  type RowsBlob,
  type ModelTask,
} from '#protocol/pool/task.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { encodeFloat32, float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { prepareRun } from '../../apps/coordinator/src/training/prepare/prepare-run.js';
import { openMessageSigner } from '#protocol/pool/signed-messages.js';
import { openTaskHandler, type TaskHandler } from '../../apps/worker/src/task-handler.js';
import { openEncoder } from '#encoder/encoder.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyRun } from '../support/models/tiny-run.js';

const run = 'r';
const keys = runKeys(run).step(0, 1);
let directory: string;
let device: Device;
let config: RunConfig;
let base: Pick<
  ModelTask,
  'protocol' | 'code' | 'run' | 'epoch' | 'step' | 'store' | 'configHash' | 'parametersKey' | 'parametersHash'
>;
const store = (): ReturnType<typeof openStore> => openStore(join(directory, 'store'));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-memory-'));
  await writeTinyData(join(directory, 'data'));
  device = await openDevice({ kind: 'cpu', threads: 1 });
  // Two shards of 5 pairs, in micro-batches of 2, 2 and 1.
  config = tinyRun(join(directory, 'data'), { microBatch: 2 });
  const { configHash } = await prepareRun({ id: run, config, store: store(), storeAccess: {} });
  const parameters = sharedBlob(parameterSpecs(config.model));
  for (const [name, values] of Object.entries(initialParameters(config.model, 1))) parameters.values[name]!.set(values);
  await store().put(keys.parameters, parameters.bytes);
  base = {
    protocol: protocolVersion,
    code: 'c',
    run,
    epoch: 1,
    step: 0,
    store: store().url,
    configHash,
    parametersKey: keys.parameters,
    parametersHash: await contentHash(parameters.bytes),
  };
});
afterAll(async () => {
  await device.close();
  await rm(directory, { recursive: true });
});

/** Runs `use` with a worker whose stashes may take `stashBytes`. */
async function withWorker<T>(stashBytes: number, use: (handler: TaskHandler) => Promise<T>): Promise<T> {
  const handler = openTaskHandler({
    signer: openMessageSigner({ poolKey: undefined, prefix: 'tandem' }),
    worker: 'w',
    code: 'c',
    device,
    storeAccess: {},
    stashBytesFor: () => stashBytes,
    runsHeld: 1,
    now: () => 0,
  });
  return use(handler).finally(() => handler.close());
}

const encode = (handler: TaskHandler, shard: number, changes: Partial<ModelTask> = {}): Promise<Answer> =>
  handler.handle({ kind: 'encode', ...base, shard, shards: 1, ...changes });
/**
 * The backward pass of shards. Their embeddings, which were written shard by shard, serve as their gradients too, in
 * one blob.
 */
async function backprop(handler: TaskHandler, shard: number, shards = 1): Promise<Answer> {
  const embeddings = await Promise.all(
    Array.from({ length: shards }, (_, at) => blobAt(keys.embeddings(shard + at, 1, 'w'), shard + at)),
  );
  const [one, other] = await Promise.all(embeddings.map(async ({ key }) => float32Values(await store().get(key))));
  const rowsOf = (tower: TowerName): Float32Array => Float32Array.from([...one![tower]!, ...(other?.[tower] ?? [])]);
  const shape = [5 * shards, config.model.embed_dim];
  const rows = encodeFloat32({ image: { shape, data: rowsOf('image') }, text: { shape, data: rowsOf('text') } });
  const key = keys.embeddingGradients(shard, shards);
  await store().put(key, rows);
  const gradients = await blobAt(key, shard, shards);
  return handler.handle({ kind: 'backprop', ...base, shard, shards, gradients, embeddings });
}

async function blobAt(key: string, shard: number, shards = 1): Promise<RowsBlob> {
  return { key, hash: await contentHash(await store().get(key)), shard, shards };
}

/** Does both passes over both shards. Returns what was recomputed, and every blob. */
async function bothPasses(stashBytes: number) {
  return withWorker(stashBytes, async (handler) => {
    for (const shard of [0, 1]) await encode(handler, shard);
    const answers = [await backprop(handler, 0), await backprop(handler, 1)] as BackpropAnswer[];
    const blobs = [0, 1].flatMap((shard) => [keys.embeddings(shard, 1, 'w'), keys.gradients(shard, 1, 'w')]);
    return {
      recomputed: answers.map(({ recomputed }) => recomputed),
      blobs: await Promise.all(blobs.map((key) => store().get(key))),
    };
  });
}

describe('a worker', () => {
  it('gives the same bits with memory for all micro-batches of a shard, for some of them, and for none', async () => {
    const all = await bothPasses(Infinity);
    const none = await bothPasses(0);
    const some = await bothPasses(await roomForShards(1.5));
    expect([all, none, some].map(({ recomputed }) => recomputed)).toEqual([
      [false, false],
      [true, true],
      [true, false],
    ]);
    expect(none.blobs).toEqual(all.blobs);
    expect(some.blobs).toEqual(all.blobs);
    const { logit_scale: ofLoss, ...ofTowers } = float32Values(all.blobs[1]!);
    expect(ofLoss).toEqual(Float32Array.of(0));
    for (const values of Object.values(ofTowers)) expect(values.every(Number.isFinite)).toBe(true);
    expect(Object.values(ofTowers).filter((values) => values.some((value) => value !== 0)).length).toBeGreaterThan(20);
  });

  it("P1: sends the sum of two shards with the coordinator's bits", async () => {
    await bothPasses(Infinity);
    const [sum, right] = await Promise.all(
      [0, 1].map(async (shard) => float32Values(await store().get(keys.gradients(shard, 1, 'w')))),
    );
    for (const [name, values] of Object.entries(sum!)) addInto(values, right![name]!);
    for (const stashBytes of [Infinity, 0])
      await withWorker(stashBytes, async (handler) => {
        for (const shard of [0, 1]) await encode(handler, shard);
        expect(await backprop(handler, 0, 2)).toMatchObject({ shards: 2, recomputed: stashBytes === 0 });
        expect(float32Values(await store().get(keys.gradients(0, 2, 'w')))).toEqual(sum);
      });
  });

  it('encodes two shards as one task: their rows in one blob, with the same bits', async () => {
    await bothPasses(Infinity);
    const [left, right, sum] = await Promise.all(
      [keys.embeddings(0, 1, 'w'), keys.embeddings(1, 1, 'w'), keys.gradients(0, 1, 'w')].map(async (key) =>
        float32Values(await store().get(key)),
      ),
    );
    await withWorker(Infinity, async (handler) => {
      const answer = (await encode(handler, 0, { shards: 2 })) as EncodeAnswer;
      expect(answer).toMatchObject({ kind: 'encode', shard: 0, shards: 2, pairs: 10, skipped: [] });
      expect(answer.resultKey).toBe(keys.embeddings(0, 2, 'w'));
      const rows = float32Values(await store().get(answer.resultKey));
      for (const tower of towerNames) expect([...rows[tower]!]).toEqual([...left![tower]!, ...right![tower]!]);
      // The stashes of both are there.
      expect(await backprop(handler, 0)).toMatchObject({ recomputed: false });
      expect(await backprop(handler, 1)).toMatchObject({ recomputed: false });
      expect(float32Values(await store().get(keys.gradients(0, 1, 'w')))).toEqual(sum);
    });
  });

  it('that is to stop gives up several shards after the one at work, and still does a single shard', async () => {
    await withWorker(0, async (handler) => {
      for (const shard of [0, 1]) await encode(handler, shard);
      const several = [await encodeTwoStopping(handler), await backprop(handler, 0, 2)];
      for (const answer of several)
        expect(answer).toMatchObject({
          kind: 'failed',
          error: { code: 'SHARD_FAILED', retryable: true, message: expect.stringMatching(/shards 0 to 1/) as string },
        });
      expect(await backprop(handler, 1)).toMatchObject({ kind: 'backprop', shards: 1 });
    });
  });

  it('that cannot open a run leaves nothing on its device', async () => {
    const away = join(directory, 'away');
    const there = (config.data.train as string).replace(/^file:/, '');
    let [allocated, held] = [0, 0];
    const counting: Device = {
      ...device,
      async allocate(spec) {
        const tensor = await device.allocate(spec);
        allocated++;
        held++;
        return { ...tensor, dispose: () => tensor.dispose().then(() => void held--) };
      },
    };
    const handler = openTaskHandler({
      signer: openMessageSigner({ poolKey: undefined, prefix: 'tandem' }),
      worker: 'w',
      code: 'c',
      device: counting,
      storeAccess: {},
      stashBytesFor: () => 0,
      runsHeld: 1,
      now: () => 0,
    });
    await rename(there, away);
    try {
      expect(await encode(handler, 0)).toMatchObject({ kind: 'failed', error: { code: 'NOT_FOUND' } });
      expect(allocated).toBeGreaterThan(0);
      expect(held).toBe(0);
    } finally {
      await rename(away, there);
    }
    expect(await encode(handler, 0)).toMatchObject({ kind: 'encode' });
    await handler.close();
    expect(held).toBe(0);
  });

  it('W1: refuses other parameters than a task names, and accepts the right ones afterwards', async () => {
    const right = await store().get(keys.parameters);
    const wrong = right.slice();
    wrong[wrong.length - 1]! ^= 1;
    const [twice, short] = [new Uint8Array([...right, ...right]), right.slice(0, -4)];
    await withWorker(0, async (handler) => {
      const first = (await encode(handler, 0)) as EncodeAnswer;
      const rows = await store().get(first.resultKey);
      for (const other of [wrong, twice, short]) {
        const parametersKey = `${keys.prefix}other`;
        await store().put(parametersKey, other);
        const refused = (await encode(handler, 0, {
          parametersKey,
          parametersHash: '0'.repeat(64),
        })) as FailedAnswer;
        expect(refused.error).toMatchObject({
          code: 'STORE_FAILED',
          retryable: true,
          message: expect.stringContaining('sha256 0000') as string,
        });
        await store().remove(first.resultKey);
        expect(await encode(handler, 0)).toMatchObject({ kind: 'encode' });
        expect(await store().get(first.resultKey)).toEqual(rows);
      }
    });
  });
});

/** A worker hears that it is to stop while it is at a task of two shards. */
function encodeTwoStopping(handler: TaskHandler): Promise<Answer> {
  const answer = encode(handler, 0, { shards: 2 });
  handler.hurry();
  return answer;
}

/** How many bytes the stashes of `shards` shards take, each with micro-batches of 2, 2 and 1 pairs. */
async function roomForShards(shards: number): Promise<number> {
  let stashBytes = 0;
  for (const name of towerNames) {
    const tower = await openEncoder(device, config.model, name);
    for (const b of [2, 2, 1]) stashBytes += await tower.stashBytes(b);
    await tower.close();
  }
  return shards * stashBytes;
}
