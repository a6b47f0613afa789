import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';

/** More than a page of S3's listing and more than a batch of its removal. */
const manyKeys = 1_050;
const writers = 8;

/**
 * Tests of what every store must do. `open` returns a new Store each time, on the same place, which is empty at first.
 */
export function storeConformance(name: string, open: () => Store): void {
  describe(name, () => {
    const store = open();
    beforeAll(() => store.probe());
    afterAll(() => store.close());
    readsAndWrites(store);
    races(store, open);
    listings(store);
    removals(store);
    refusals(store);
  });
}

function readsAndWrites(store: Store): void {
  it('returns what was put, and the newer of two blobs', async () => {
    await store.put('one/a.bin', bytesOf('first'));
    expect(text(await store.get('one/a.bin'))).toBe('first');
    await store.put('one/a.bin', bytesOf('second, longer'), { durable: true });
    expect(text(await store.get('one/a.bin'))).toBe('second, longer');
    expect(await store.size('one/a.bin')).toBe(14);
  });

  it('stores any bytes, from none to megabytes, as a copy', async () => {
    const large = new Uint8Array(8 * 1024 * 1024 + 3).map((_, index) => index * 31 + (index >> 9));
    for (const [key, bytes] of Object.entries({ empty: new Uint8Array(), large, view: large.subarray(5, 1005) })) {
      await store.put(key, bytes);
      const back = await store.get(key);
      expect(Buffer.compare(back, bytes)).toBe(0);
      expect(back.byteOffset).toBe(0);
      expect(await store.size(key)).toBe(bytes.byteLength);
    }
  });

  it('takes bytes from shared memory', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(64), 16, 32).fill(7);
    await store.put('shared', shared);
    expect(await store.putIfAbsent('shared-absent', shared)).toBe(true);
    expect(await store.get('shared')).toEqual(new Uint8Array(32).fill(7));
    expect(await store.get('shared-absent')).toEqual(new Uint8Array(32).fill(7));
  });

  it('writes and reads a blob piece by piece, from none to megabytes', async () => {
    const large = new Uint8Array(40 * 1024 * 1024 + 3).map((_, index) => index * 31 + (index >> 9));
    const blobs = {
      empty: [0],
      small: [3],
      many: [1, 7_000_000, 2_345, 17_000_000, 1],
      parts: [16 * 1024 * 1024, 16 * 1024 * 1024],
      pages: [4 * 1024 * 1024],
    };
    for (const [key, lengths] of Object.entries(blobs)) {
      const bytes = large.subarray(
        0,
        lengths.reduce((sum, length) => sum + length),
      );
      await store.putPieces(`pieces/${key}`, () => inOneBuffer(bytes, lengths));
      expect(Buffer.compare(await store.get(`pieces/${key}`), bytes), key).toBe(0);
      const pieces: Uint8Array[] = [];
      for await (const piece of store.getPieces(`pieces/${key}`)) pieces.push(piece.slice());
      expect(Buffer.compare(Buffer.concat(pieces), bytes), key).toBe(0);
    }
  });

  it('leaves a blob as it was if its new pieces fail, and lets a reader stop in the middle', async () => {
    const large = new Uint8Array(40 * 1024 * 1024).fill(1);
    await store.put('pieces/failing', bytesOf('as it was'));
    const failing = async function* (): AsyncIterable<Uint8Array> {
      yield large;
      throw new TandemError({ code: ErrorCode.ShardFailed, message: 'no more' });
    };
    await expect(store.putPieces('pieces/failing', failing)).rejects.toThrowError('no more');
    expect(text(await store.get('pieces/failing'))).toBe('as it was');
    await store.put('pieces/large', large);
    for await (const piece of store.getPieces('pieces/large')) {
      expect(piece[0]).toBe(1);
      break;
    }
  });

  it('reads a range, with fewer bytes if the blob ends before', async () => {
    await store.put('range', bytesOf('0123456789'));
    expect(text(await store.getRange('range', 2, 3))).toBe('234');
    expect(text(await store.getRange('range', 8, 100))).toBe('89');
    expect(text(await store.getRange('range', 10, 5))).toBe('');
    expect(text(await store.getRange('range', 99, 5))).toBe('');
    expect(text(await store.getRange('range', 3, 0))).toBe('');
    await store.put('range-empty', new Uint8Array());
    expect(text(await store.getRange('range-empty', 0, 5))).toBe('');
  });

  it('throws NOT_FOUND with the URL for a missing key', async () => {
    await store.put('there/blob', bytesOf('x'));
    for (const key of ['absent', 'there', 'there/absent', 'absent/absent']) {
      const error = { code: 'NOT_FOUND', message: expect.stringContaining(key) as string };
      await expect(store.get(key)).rejects.toMatchObject(error);
      await expect(store.getRange(key, 0, 1)).rejects.toMatchObject(error);
      await expect(store.getRange(key, 0, 0)).rejects.toMatchObject(error);
      await expect(all(store.getPieces(key))).rejects.toMatchObject(error);
      expect(await store.size(key)).toBeUndefined();
    }
  });

  it('putIfAbsent writes a blob only once', async () => {
    expect(await store.putIfAbsent('once', bytesOf('first'), { durable: true })).toBe(true);
    expect(await store.putIfAbsent('once', bytesOf('second'))).toBe(false);
    expect(text(await store.get('once'))).toBe('first');
    await store.remove('once');
    expect(await store.putIfAbsent('once', bytesOf('third'))).toBe(true);
  });
}

function races(store: Store, open: () => Store): void {
  it(`putIfAbsent lets one of ${writers} racing writers win, and the winner's bytes stand`, async () => {
    const stores = Array.from({ length: writers }, open);
    for (let round = 0; round < 5; round++) {
      const won = await Promise.all(
        stores.map((one, index) => one.putIfAbsent(`race/${round}/blob`, bytesOf(`writer ${index}`))),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(text(await store.get(`race/${round}/blob`))).toBe(`writer ${won.indexOf(true)}`);
    }
    await Promise.all(stores.map((one) => one.close()));
  });

  it('a reader sees the old or the new blob, never a mixture', async () => {
    const blob = (value: number): Uint8Array => new Uint8Array(300_000).fill(value);
    await store.put('replaced', blob(0));
    const writing = (async () => {
      for (let value = 1; value <= 20; value++) await store.put('replaced', blob(value));
    })();
    for (let read = 0; read < 20; read++) {
      const back = await store.get('replaced');
      expect(back).toHaveLength(300_000);
      expect(Buffer.compare(back, blob(back[0]!))).toBe(0);
    }
    await writing;
  });

  it('writes and removals in one folder do not disturb each other', async () => {
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let round = 0; round < 10; round++) {
          await store.put(`busy/folder/${writer}`, bytesOf(`${round}`));
          await store.remove(`busy/folder/${writer}`);
        }
      }),
    );
    expect(await all(store.list('busy/'))).toEqual([]);
  });
}

function listings(store: Store): void {
  it('lists the keys that start with a prefix, in byte order', async () => {
    const keys = [
      'list/a-b',
      'list/a.b',
      'list/a/b',
      'list/a/b.c',
      'list/a0',
      'list/a=',
      'list/aB',
      'list/a_',
      'list/b/c/d',
      'list/b0',
      'listed',
    ];
    await Promise.all(keys.toReversed().map((key) => store.put(key, bytesOf(key))));
    expect(await all(store.list('list/'))).toEqual(keys.slice(0, -1));
    expect(await all(store.list('list'))).toEqual(keys);
    expect(await all(store.list('list/a'))).toEqual(keys.slice(0, 8));
    expect(await all(store.list('list/a/'))).toEqual(['list/a/b', 'list/a/b.c']);
    expect(await all(store.list('list/b/c/d'))).toEqual(['list/b/c/d']);
    expect(await all(store.list('list/c'))).toEqual([]);
    expect(await all(store.list('nothing/here/'))).toEqual([]);
    expect(await all(store.list(''))).toEqual(expect.arrayContaining(keys));
  });

  it('names the folders below a prefix, each once', async () => {
    const keys = ['folders/a/b', 'folders/a/c/d', 'folders/a-b/c', 'folders/file', 'folders/b/c/d', 'folders-more/a/b'];
    await Promise.all(keys.map((key) => store.put(key, bytesOf(key))));
    expect((await all(store.folders('folders/'))).sort()).toEqual(['a', 'a-b', 'b']);
    expect(await all(store.folders('folders/b/'))).toEqual(['c']);
    expect(await all(store.folders('folders/b/c/'))).toEqual([]);
    expect(await all(store.folders('folders/file/'))).toEqual([]);
    expect(await all(store.folders('nothing/here/'))).toEqual([]);
    expect(await all(store.folders(''))).toEqual(expect.arrayContaining(['folders', 'folders-more']));
  });

  it('lists and removes more keys than a page holds', async () => {
    const keys = Array.from({ length: manyKeys }, (_, index) => `many/${String(index).padStart(5, '0')}`);
    await inBatches(keys, 32, (key) => store.put(key, bytesOf('x')));
    await store.put('many-more', bytesOf('stays'));
    expect(await all(store.list('many/'))).toEqual(keys);
    await inBatches(keys.slice(0, manyKeys / 2), 32, (key) => store.put(key.replace('many', 'folded'), bytesOf('x')));
    const folded = keys.map((_, index) => `folded/${index}/a`);
    await inBatches(folded, 32, (key) => store.put(key, bytesOf('x')));
    expect(await all(store.folders('folded/'))).toHaveLength(manyKeys);
    await store.removeAll('folded/');
    await store.removeAll('many/');
    expect(await all(store.list('many'))).toEqual(['many-more']);
  });
}

function removals(store: Store): void {
  it('removes blobs, and does not mind missing ones', async () => {
    await store.put('gone/deep/er', bytesOf('x'));
    await store.remove('gone/deep/er');
    await store.remove('gone/deep/er');
    await store.remove('gone/deep');
    await store.removeAll('gone/');
    expect(await store.size('gone/deep/er')).toBeUndefined();
    await store.put('gone', bytesOf('a blob where a folder was'));
    expect(text(await store.get('gone'))).toBe('a blob where a folder was');
  });

  it('contains what any sequence of writes and removals leaves', async () => {
    const key = fc.constantFrom('p/a', 'p/b/c', 'p/b/d', 'p/b-d');
    const action = fc.record({
      kind: fc.constantFrom('put', 'putIfAbsent', 'remove'),
      key,
      value: fc.string({ maxLength: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 12 }), async (actions) => {
        await store.removeAll('p/');
        const expected = new Map<string, string>();
        for (const { kind, key, value } of actions) {
          if (kind === 'remove') await store.remove(key);
          else if (kind === 'put') await store.put(key, bytesOf(value));
          else expect(await store.putIfAbsent(key, bytesOf(value))).toBe(!expected.has(key));
          if (kind === 'remove') expected.delete(key);
          else if (kind === 'put' || !expected.has(key)) expected.set(key, value);
        }
        expect(await all(store.list('p/'))).toEqual([...expected.keys()].sort());
        for (const [key, value] of expected) expect(text(await store.get(key))).toBe(value);
      }),
      { numRuns: 15 },
    );
  });
}

function refusals(store: Store): void {
  it('refuses keys that not every store can hold, in every operation', async () => {
    const bad = [
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      'a/../b',
      '../a',
      'a b',
      'a\\b',
      'ä',
      'a?b',
      'a\0b',
      'x'.repeat(256),
      'x/'.repeat(500) + 'x',
    ];
    for (const key of bad) {
      const refused = { code: 'CONFIG_INVALID', message: expect.stringContaining('key') as string };
      await expect(store.put(key, bytesOf('x'))).rejects.toMatchObject(refused);
      await expect(store.putIfAbsent(key, bytesOf('x'))).rejects.toMatchObject(refused);
      await expect(store.get(key)).rejects.toMatchObject(refused);
      await expect(store.getRange(key, 0, 1)).rejects.toMatchObject(refused);
      await expect(store.size(key)).rejects.toMatchObject(refused);
      await expect(store.remove(key)).rejects.toMatchObject(refused);
    }
    await expect(all(store.list('../'))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(store.removeAll('')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export async function all<Item>(keys: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const key of keys) found.push(key);
  return found;
}

async function inBatches(keys: readonly string[], size: number, use: (key: string) => Promise<void>): Promise<void> {
  for (let from = 0; from < keys.length; from += size) await Promise.all(keys.slice(from, from + size).map(use));
}

/** Pieces of these lengths, all in the same buffer, so that a store which keeps a piece without a copy is noticed. */
async function* inOneBuffer(bytes: Uint8Array, lengths: readonly number[]): AsyncIterable<Uint8Array> {
  const buffer = new Uint8Array(new SharedArrayBuffer(Math.max(...lengths)));
  let start = 0;
  for (const length of lengths) {
    const piece = buffer.subarray(0, length);
    piece.set(bytes.subarray(start, start + length));
    yield piece;
    piece.fill(255);
    start += length;
  }
}
