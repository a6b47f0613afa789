import { afterAll, describe, expect, it } from 'vitest';
import { latestCheckpoint, pruneCheckpoints, readCheckpoint, writeCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { all, bytesOf, text } from './store-conformance.js';

const { checkpoint, checkpoints } = runKeys('checkpointed');

/** Tests of checkpoints on a store. They are complete or absent (invariant C2). */
export function checkpointConformance(name: string, open: () => Store): void {
  describe(`${name}: checkpoints`, () => {
    const store = open();
    afterAll(() => store.close());
    writing(store);
    damage(store);
    leaders(store);
  });
}

function writing(store: Store): void {
  it('there is none before the first is written', async () => {
    expect(await latestCheckpoint(store, checkpoints)).toBeUndefined();
  });

  it('the newest can be read, completely or blob by blob', async () => {
    await writeCheckpoint(store, checkpoints, { step: 9, epoch: 1 }, blobs(9));
    const folder = await writeCheckpoint(store, checkpoints, { step: 10, epoch: 1 }, blobs(10));
    expect(folder).toBe(checkpoint(10, 1));
    expect(await latestCheckpoint(store, checkpoints)).toEqual({ folder, step: 10 });
    const { step, blobs: read } = await readCheckpoint(store, folder);
    expect(step).toBe(10);
    expect(Object.keys(read).sort()).toEqual(Object.keys(blobs(10)).sort());
    expect(text(read['parameters.safetensors'] as Uint8Array)).toBe('parameters of 10');
    expect(Object.keys((await readCheckpoint(store, folder, ['config.json'])).blobs)).toEqual(['config.json']);
    await expect(readCheckpoint(store, folder, ['absent'])).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('absent') as string,
    });
  });

  it('C2: a checkpoint whose writer died at any write is absent, and can be written again', async () => {
    const writes = Object.keys(blobs(11)).length + 1;
    for (let death = 0; death < writes; death++) {
      const dying = failingAfter(store, death);
      await expect(writeCheckpoint(dying, checkpoints, { step: 11, epoch: 1 }, blobs(11))).rejects.toThrow('died');
      expect(dying.writes).toBe(death + 1);
      expect((await latestCheckpoint(store, checkpoints))?.step).toBe(10);
      await expect(readCheckpoint(store, checkpoint(11, 1))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await writeCheckpoint(store, checkpoints, { step: 11, epoch: 1 }, blobs(11));
    expect((await latestCheckpoint(store, checkpoints))?.step).toBe(11);
  });

  it('C2: a checkpoint that is written again is the old one, the new one, or absent', async () => {
    const unused = failingAfter(store, 0);
    await writeCheckpoint(unused, checkpoints, { step: 11, epoch: 1 }, blobs(11));
    expect(unused.writes).toBe(0);
    const other = { ...blobs(11), 'config.json': bytesOf('{"other":true}') };
    await expect(writeCheckpoint(failingAfter(store, 2), checkpoints, { step: 11, epoch: 1 }, other)).rejects.toThrow(
      'died',
    );
    expect((await latestCheckpoint(store, checkpoints))?.step).toBe(10);
    const folder = await writeCheckpoint(store, checkpoints, { step: 11, epoch: 1 }, other);
    expect(text((await readCheckpoint(store, folder)).blobs['config.json'] as Uint8Array)).toBe('{"other":true}');
  });
}

function leaders(store: Store): void {
  it('C2: two leaders that write the same step at once harm neither checkpoint, and the later one counts', async () => {
    const told = { ...blobs(14), 'config.json': bytesOf('{"leader":2}') };
    for (let writes = 0; writes <= Object.keys(told).length; writes++) {
      const frozen = failingAfter(store, writes); // It goes on below, when another has taken over.
      await writeCheckpoint(frozen, checkpoints, { step: 14, epoch: 1 }, blobs(14)).catch(() => undefined);
      const folder = await writeCheckpoint(store, checkpoints, { step: 14, epoch: 2 }, told);
      await writeCheckpoint(store, checkpoints, { step: 14, epoch: 1 }, blobs(14));
      expect(await latestCheckpoint(store, checkpoints)).toEqual({ folder, step: 14 });
      expect(text((await readCheckpoint(store, folder)).blobs['config.json'] as Uint8Array)).toBe('{"leader":2}');
    }
  });

  it('pruning removes what an earlier leader has left of the same step', async () => {
    await store.remove(`${checkpoint(14, 1)}/manifest.json`);
    await pruneCheckpoints(store, checkpoints, 1);
    const left = await all(store.list(`${checkpoints}/`));
    expect([...new Set(left.map((key) => key.slice(0, key.lastIndexOf('/'))))]).toEqual([checkpoint(14, 2)]);
  });

  it('a checkpoint of an earlier version, whose folder has no epoch, is read', async () => {
    const folder = await writeCheckpoint(store, checkpoints, { step: 15, epoch: 1 }, blobs(15));
    for await (const key of store.list(`${folder}/`))
      await store.put(key.replace(folder, `${checkpoints}/000000015`), await store.get(key));
    await store.removeAll(`${folder}/`);
    const latest = (await latestCheckpoint(store, checkpoints))!;
    expect(latest).toEqual({ folder: `${checkpoints}/000000015`, step: 15 });
    expect((await readCheckpoint(store, latest.folder)).step).toBe(15);
  });
}

function damage(store: Store): void {
  it('C2: a blob that is changed, cut short or missing is an error that names it', async () => {
    const folder = await writeCheckpoint(store, checkpoints, { step: 12, epoch: 1 }, blobs(12));
    const key = `${folder}/optimizer.safetensors`;
    for (const [damage, said] of [
      ['moments of 13', 'sha256'],
      ['moments', 'bytes'],
    ] as const) {
      await store.put(key, bytesOf(damage));
      const error = {
        code: 'STORE_FAILED',
        message: expect.stringMatching(`${key}.*${said}`) as string,
        help: expect.stringContaining('copy') as string,
      };
      await expect(readCheckpoint(store, folder)).rejects.toMatchObject(error);
    }
    await store.remove(key);
    await expect(readCheckpoint(store, folder)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(`${key}.*missing`) as string,
    });
    expect(text((await readCheckpoint(store, folder, ['config.json'])).blobs['config.json'] as Uint8Array)).toBe('{}');
    await store.put(`${folder}/manifest.json`, bytesOf('{"format":"other"}'));
    await expect(readCheckpoint(store, folder)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('manifest.json') as string,
    });
    await store.removeAll(`${folder}/`);
  });

  it('pruning keeps the newest complete ones and the one that is being written', async () => {
    await store.put(`${checkpoint(8, 1)}/parameters.safetensors`, bytesOf('half of an old one'));
    await store.put(`${checkpoint(13, 1)}/parameters.safetensors`, bytesOf('being written'));
    await pruneCheckpoints(store, checkpoints, 2);
    const left = (await all(store.list(`${checkpoints}/`))).filter((key) => key.endsWith('/parameters.safetensors'));
    expect(left).toEqual([10, 11, 13].map((step) => `${checkpoint(step, 1)}/parameters.safetensors`));
  });
}

function blobs(step: number): Record<string, Uint8Array> {
  return {
    'parameters.safetensors': bytesOf(`parameters of ${step}`),
    'optimizer.safetensors': bytesOf(`moments of ${step}`),
    'config.json': bytesOf('{}'),
  };
}

/** The store of a process that dies after `writes` writes. */
function failingAfter(store: Store, writes: number): Store & { writes: number } {
  const failing = {
    ...store,
    writes: 0,
    put: async (...put: Parameters<Store['put']>): Promise<void> => {
      if (failing.writes++ === writes) throw new Error('died');
      await store.put(...put);
    },
  };
  return failing;
}
