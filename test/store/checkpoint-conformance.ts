import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latestCheckpoint, pruneCheckpoints, readCheckpoint, writeCheckpoint } from '#store/checkpoint.js';
import { appendJournal, pruneJournal, readJournal } from '#store/journal.js';
import { runKeys } from '#store/keys.js';
import type { Store } from '#store/store.js';
import { all, bytesOf, text } from './store-conformance.js';

/** Checkpoints and the journal on a store: complete or absent, and exact. */
export function checkpointConformance(name: string, open: () => Store): void {
  describe(`${name}: checkpoints`, () => {
    const { checkpoints } = runKeys('checkpointed');
    const blobs = (step: number): Record<string, Uint8Array> => ({
      'parameters.safetensors': bytesOf(`parameters of ${step}`),
      'optimizer.safetensors': bytesOf(`moments of ${step}`),
      'config.json': bytesOf('{}'),
    });
    let store: Store;
    beforeAll(() => {
      store = open();
    });
    afterAll(() => store.close());

    it('C2 there is none before the first', async () => {
      expect(await latestCheckpoint(store, checkpoints)).toBeUndefined();
    });

    it('C2 gives back the newest, whole or in part', async () => {
      await writeCheckpoint(store, checkpoints, 9, blobs(9));
      const folder = await writeCheckpoint(store, checkpoints, 10, blobs(10));
      expect(folder).toBe(runKeys('checkpointed').checkpoint(10));
      expect(await latestCheckpoint(store, checkpoints)).toEqual({ folder, step: 10 });
      const { step, blobs: read } = await readCheckpoint(store, folder);
      expect(step).toBe(10);
      expect(Object.keys(read).sort()).toEqual(Object.keys(blobs(10)).sort());
      expect(text(read['parameters.safetensors'] as Uint8Array)).toBe('parameters of 10');
      expect(Object.keys((await readCheckpoint(store, folder, ['config.json'])).blobs)).toEqual(['config.json']);
      await expect(readCheckpoint(store, folder, ['absent'])).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('absent') as string });
    });

    it('C2 one whose writer died at any write is never the newest, and the next one over it is whole', async () => {
      const writes = Object.keys(blobs(11)).length + 1;
      for (let death = 0; death < writes; death++) {
        const dying = failingAfter(store, death);
        await expect(writeCheckpoint(dying, checkpoints, 11, blobs(11))).rejects.toThrow('died');
        expect(dying.writes).toBe(death + 1);
        expect((await latestCheckpoint(store, checkpoints))?.step).toBe(10);
        await expect(readCheckpoint(store, runKeys('checkpointed').checkpoint(11))).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
      await writeCheckpoint(store, checkpoints, 11, blobs(11));
      expect((await latestCheckpoint(store, checkpoints))?.step).toBe(11);
    });

    it('C2 written again the same is left as it is; with another blob it is that, whole, or absent', async () => {
      const unused = failingAfter(store, 0);
      await writeCheckpoint(unused, checkpoints, 11, blobs(11));
      expect(unused.writes).toBe(0);
      const other = { ...blobs(11), 'config.json': bytesOf('{"other":true}') };
      await expect(writeCheckpoint(failingAfter(store, 2), checkpoints, 11, other)).rejects.toThrow('died');
      expect((await latestCheckpoint(store, checkpoints))?.step).toBe(10);
      const folder = await writeCheckpoint(store, checkpoints, 11, other);
      expect(text((await readCheckpoint(store, folder)).blobs['config.json'] as Uint8Array)).toBe('{"other":true}');
    });

    it('C2 a blob that is changed, cut short or gone is an error that names it', async () => {
      const folder = await writeCheckpoint(store, checkpoints, 12, blobs(12));
      const key = `${folder}/optimizer.safetensors`;
      for (const [damage, said] of [['moments of 13', 'sha256'], ['moments', 'bytes']] as const) {
        await store.put(key, bytesOf(damage));
        const error = { code: 'STORE_FAILED', message: expect.stringMatching(`${key}.*${said}`) as string, help: expect.stringContaining('copy') as string };
        await expect(readCheckpoint(store, folder)).rejects.toMatchObject(error);
      }
      await store.remove(key);
      await expect(readCheckpoint(store, folder)).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringMatching(`${key}.*missing`) as string });
      expect(text((await readCheckpoint(store, folder, ['config.json'])).blobs['config.json'] as Uint8Array)).toBe('{}');
      await store.put(`${folder}/manifest.json`, bytesOf('{"format":"other"}'));
      await expect(readCheckpoint(store, folder)).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('manifest.json') as string });
      await store.removeAll(`${folder}/`);
    });

    it('C2 pruning keeps the newest complete ones and what is being written now', async () => {
      await store.put(`${runKeys('checkpointed').checkpoint(8)}/parameters.safetensors`, bytesOf('half of an old one'));
      await store.put(`${runKeys('checkpointed').checkpoint(13)}/parameters.safetensors`, bytesOf('being written'));
      await pruneCheckpoints(store, checkpoints, 2);
      const left = (await all(store.list(`${checkpoints}/`))).filter((key) => key.endsWith('/parameters.safetensors'));
      expect(left).toEqual([10, 11, 13].map((step) => `${runKeys('checkpointed').checkpoint(step)}/parameters.safetensors`));
    });
  });

  describe(`${name}: journal`, () => {
    let store: Store;
    beforeAll(() => {
      store = open();
    });
    afterAll(() => store.close());
    const steps = async (run: string, from: number): Promise<string[]> => {
      const read: string[] = [];
      for await (const { step, bytes } of readJournal(store, run, from)) read.push(`${step}: ${text(bytes)}`);
      return read;
    };

    it('J1 gives back every step from one on, in order', async () => {
      for (const step of [4, 2, 3]) await appendJournal(store, 'journalled', step, bytesOf(`gradient ${step}`));
      expect(await steps('journalled', 2)).toEqual(['2: gradient 2', '3: gradient 3', '4: gradient 4']);
      expect(await steps('journalled', 4)).toEqual(['4: gradient 4']);
      expect(await steps('journalled', 5)).toEqual([]);
      expect(await steps('another', 0)).toEqual([]);
    });

    it('W2 the same gradient of a step again changes nothing', async () => {
      await appendJournal(store, 'journalled', 3, bytesOf('gradient 3'));
      expect(await steps('journalled', 3)).toEqual(['3: gradient 3', '4: gradient 4']);
    });

    it('W2 J1 another gradient for a step that is there is refused, and the first stands', async () => {
      const refused = { code: 'STORE_FAILED', message: expect.stringMatching(/step 3 of run journalled/) as string, help: expect.stringContaining('one coordinator') as string };
      await expect(appendJournal(store, 'journalled', 3, bytesOf('gradient X'))).rejects.toMatchObject(refused);
      await expect(appendJournal(store, 'journalled', 3, bytesOf('gradient'))).rejects.toMatchObject(refused);
      expect(await steps('journalled', 3)).toEqual(['3: gradient 3', '4: gradient 4']);
    });

    it('J1 a missing step is an error that names it', async () => {
      await appendJournal(store, 'journalled', 6, bytesOf('gradient 6'));
      await expect(steps('journalled', 2)).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('step 5') as string });
      await expect(steps('journalled', 1)).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('step 1') as string });
    });

    it('J1 pruning removes the steps before one', async () => {
      await appendJournal(store, 'journalled', 5, bytesOf('gradient 5'));
      await pruneJournal(store, 'journalled', 4);
      expect(await steps('journalled', 4)).toEqual(['4: gradient 4', '5: gradient 5', '6: gradient 6']);
      expect(await all(store.list(runKeys('journalled').journalPrefix))).toHaveLength(3);
    });
  });
}

/** The store, but its process dies at a write after `writes` of them. */
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
