import { afterAll, describe, expect, it } from 'vitest';
import { appendJournal, pruneJournal, readJournal, removeEntry } from '#store/run/journal.js';
import { runKeys } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { all, bytesOf, text } from './store-conformance.js';

/** Tests of the journal on a store: one gradient per step, in order, which is never replaced. */
export function journalConformance(name: string, open: () => Store): void {
  describe(`${name}: journal`, () => {
    const store = open();
    afterAll(() => store.close());
    const gradient = (step: number, value = `gradient ${step}`): Promise<void> =>
      appendJournal(store, 'journalled', step, bytesOf(value), { loss: step / 10 });
    let gaps: string[] = [];
    const steps = async (run: string, from: number): Promise<string[]> => {
      gaps = [];
      const read: string[] = [];
      for await (const { step, bytes } of readJournal(store, run, from, (gap) =>
        gaps.push(`${gap.step}: ${gap.reason}`),
      ))
        read.push(`${step}: ${text(bytes)}`);
      return read;
    };

    it('returns every step from a given one on, in order, with its note', async () => {
      for (const step of [4, 2, 3]) await gradient(step);
      expect(await steps('journalled', 2)).toEqual(['2: gradient 2', '3: gradient 3', '4: gradient 4']);
      expect(await steps('journalled', 4)).toEqual(['4: gradient 4']);
      expect(await steps('journalled', 5)).toEqual([]);
      expect(await steps('another', 0)).toEqual([]);
      expect(gaps).toEqual([]);
      for await (const { step, note } of readJournal(store, 'journalled', 2)) expect(note).toEqual({ loss: step / 10 });
    });

    it('accepts the same gradient of a step again, and changes nothing', async () => {
      await gradient(3);
      expect(await steps('journalled', 3)).toEqual(['3: gradient 3', '4: gradient 4']);
    });

    it('refuses another gradient for a step, and keeps the first', async () => {
      const refused = {
        code: 'CONFLICT',
        message: expect.stringMatching(/step 3 of run journalled/) as string,
        help: expect.stringContaining('one coordinator') as string,
      };
      await expect(gradient(3, 'gradient X')).rejects.toMatchObject(refused);
      await expect(gradient(3, 'gradient')).rejects.toMatchObject(refused);
      expect(await steps('journalled', 3)).toEqual(['3: gradient 3', '4: gradient 4']);
    });

    it('a gradient whose writer died before its record was written does not count, and is replaced', async () => {
      await store.put(runKeys('journalled').journal(5), bytesOf('half a'));
      expect(await steps('journalled', 4)).toEqual(['4: gradient 4']);
      expect(gaps).toEqual(['5: its record is missing or damaged']);
      await gradient(5);
      expect(await steps('journalled', 4)).toEqual(['4: gradient 4', '5: gradient 5']);
    });

    it('ends at a missing step, and says which', async () => {
      await gradient(7);
      expect(await steps('journalled', 4)).toEqual(['4: gradient 4', '5: gradient 5']);
      expect(gaps).toEqual(['6: there is no entry, but one for step 7']);
      expect(await steps('journalled', 1)).toEqual([]);
      expect(gaps).toEqual(['1: there is no entry, but one for step 2']);
      await gradient(6);
      expect(await steps('journalled', 5)).toEqual(['5: gradient 5', '6: gradient 6', '7: gradient 7']);
    });

    it.each([
      ['bits that flipped', 'gradient !', /sha256/],
      ['a lost end', 'gradi', /expected 10 bytes/],
    ])('ends at an entry with %s, which can be written again once it is removed', async (_, damaged, reason) => {
      await store.put(runKeys('journalled').journal(6), bytesOf(damaged));
      expect(await steps('journalled', 5)).toEqual(['5: gradient 5']);
      expect(gaps).toEqual([expect.stringMatching(reason)]);
      await removeEntry(store, 'journalled', 6);
      await gradient(6);
      expect(await steps('journalled', 5)).toEqual(['5: gradient 5', '6: gradient 6', '7: gradient 7']);
    });

    it('pruning removes the steps before a given one', async () => {
      await pruneJournal(store, 'journalled', 5);
      expect(await steps('journalled', 5)).toEqual(['5: gradient 5', '6: gradient 6', '7: gradient 7']);
      expect(await all(store.list(runKeys('journalled').journalPrefix))).toHaveLength(6);
    });
  });
}
