import { afterAll, describe, expect, it } from 'vitest';
import { appendJournal, pruneJournal, readJournal } from '#store/run/journal.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { all, bytesOf, text } from './store-conformance.js';

/** Tests of the journal on a store: one gradient per step, in order, which is never replaced. */
export function journalConformance(name: string, open: () => Store): void {
  describe(`${name}: journal`, () => {
    const store = open();
    afterAll(() => store.close());
    const steps = async (run: string, from: number): Promise<string[]> => {
      const read: string[] = [];
      for await (const { step, bytes } of readJournal(store, run, from)) read.push(`${step}: ${text(bytes)}`);
      return read;
    };

    it('returns every step from a given one on, in order', async () => {
      for (const step of [4, 2, 3]) await appendJournal(store, 'journalled', step, bytesOf(`gradient ${step}`));
      expect(await steps('journalled', 2)).toEqual(['2: gradient 2', '3: gradient 3', '4: gradient 4']);
      expect(await steps('journalled', 4)).toEqual(['4: gradient 4']);
      expect(await steps('journalled', 5)).toEqual([]);
      expect(await steps('another', 0)).toEqual([]);
    });

    it('accepts the same gradient of a step again, and changes nothing', async () => {
      await appendJournal(store, 'journalled', 3, bytesOf('gradient 3'));
      expect(await steps('journalled', 3)).toEqual(['3: gradient 3', '4: gradient 4']);
    });

    it('refuses another gradient for a step, and keeps the first', async () => {
      const refused = {
        code: 'STORE_FAILED',
        message: expect.stringMatching(/step 3 of run journalled/) as string,
        help: expect.stringContaining('one coordinator') as string,
      };
      await expect(appendJournal(store, 'journalled', 3, bytesOf('gradient X'))).rejects.toMatchObject(refused);
      await expect(appendJournal(store, 'journalled', 3, bytesOf('gradient'))).rejects.toMatchObject(refused);
      expect(await steps('journalled', 3)).toEqual(['3: gradient 3', '4: gradient 4']);
    });

    it('reports a missing step with its number', async () => {
      await appendJournal(store, 'journalled', 6, bytesOf('gradient 6'));
      await expect(steps('journalled', 2)).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('step 5') as string,
      });
      await expect(steps('journalled', 1)).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('step 1') as string,
      });
    });

    it('pruning removes the steps before a given one', async () => {
      await appendJournal(store, 'journalled', 5, bytesOf('gradient 5'));
      await pruneJournal(store, 'journalled', 4);
      expect(await steps('journalled', 4)).toEqual(['4: gradient 4', '5: gradient 5', '6: gradient 6']);
      expect(await all(store.list(runKeys('journalled').journalPrefix))).toHaveLength(3);
    });
  });
}
