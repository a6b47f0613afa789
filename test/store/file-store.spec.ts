import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, open, readdir, readlink, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeFolders } from '#protocol/make-folders.js';
import { getAtMost } from '#store/get-at-most.js';
import { openStore } from '#store/open-store.js';
import { probeStore } from '#store/store-probe.js';
import type { Store } from '#store/store.js';
import { checkpointConformance } from './checkpoint-conformance.js';
import { journalConformance } from './journal-conformance.js';
import { all, bytesOf, storeConformance, text } from './store-conformance.js';

const shared = await mkdtemp(join(tmpdir(), 'tandem-store-'));
storeConformance('directory', () => openStore(`file:${join(shared, 'not/there/yet')}`));
checkpointConformance('directory', () => openStore(join(shared, 'checkpoints')));
journalConformance('directory', () => openStore(join(shared, 'checkpoints')));

describe('directory', () => {
  let directory: string;
  let store: Store;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tandem-store-'));
    store = openStore(directory);
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });
  afterAll(() => rm(shared, { recursive: true, force: true }));

  it('creates nothing when it is opened or read, not even its directory', async () => {
    const absent = openStore(join(directory, 'absent'));
    expect(await all(absent.list(''))).toEqual([]);
    expect(await absent.size('a')).toBeUndefined();
    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves no file beside the blobs and no empty folder', async () => {
    await store.put('a/b/c', bytesOf('x'));
    expect(await store.putIfAbsent('a/b/d', bytesOf('x'))).toBe(true);
    expect(await store.putIfAbsent('a/b/d', bytesOf('y'))).toBe(false);
    expect(await readdir(join(directory, '~incoming'))).toEqual([]);
    await store.removeAll('a/b/');
    expect(await readdir(directory)).toEqual(['~incoming']);
  });

  it('gives readers in pieces their own bytes, whoever else reads and has read', async () => {
    const blobs = [bytesOf('first'), bytesOf('other'), new Uint8Array(5 * 2 ** 20).fill(7), new Uint8Array()];
    for (const [index, bytes] of blobs.entries()) await store.put(String(index), bytes);
    const read = async (key: number): Promise<Uint8Array> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of store.getPieces(String(key))) pieces.push(piece.slice());
      return Buffer.concat(pieces);
    };
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all([0, 1, 2, 3, 2, 1, 0].map(read));
      for (const [at, key] of [0, 1, 2, 3, 2, 1, 0].entries())
        expect(Buffer.compare(all[at]!, blobs[key]!), `blob ${key}`).toBe(0);
    }
  });

  it('lists no file that could not be a key, and follows links', async () => {
    await mkdir(join(directory, 'set'));
    await writeFile(join(directory, 'set', 'with space.jpg'), 'x');
    await writeFile(join(directory, 'set', 'plain.jpg'), 'x');
    await symlink(join(directory, 'set'), join(directory, 'linked'));
    await symlink(join(directory, 'nowhere'), join(directory, 'dangling'));
    expect(await all(store.list(''))).toEqual(['linked/plain.jpg', 'set/plain.jpg']);
  });

  it('durable: the file is synced before it gets its name, and then its folders, where they are new', async () => {
    const synced: string[] = [];
    const handle = await open(directory, 'r');
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const { sync } = prototype;
    const spy = vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof handle) {
      synced.push(relative(directory, await readlink(`/proc/self/fd/${this.fd}`)));
      await sync.call(this);
    });
    onTestFinished(() => void spy.mockRestore());
    await store.put('a/quick', bytesOf('x'));
    expect(synced).toEqual([]);
    await store.put('a/b/blob', bytesOf('x'), { durable: true });
    expect(synced).toEqual([expect.stringMatching(/^~incoming\//), 'a/b', 'a', '']);
    // The folders are on disk; what may not be is the entry of the new blob.
    synced.length = 0;
    await store.putIfAbsent('a/b/other', bytesOf('x'), { durable: true });
    expect(synced).toEqual([expect.stringMatching(/^~incoming\//), 'a/b']);
    // A folder that is made again is not on disk yet, the one above it is.
    await store.removeAll('a/b/');
    synced.length = 0;
    await store.put('a/b/blob', bytesOf('x'), { durable: true });
    expect(synced).toEqual([expect.stringMatching(/^~incoming\//), 'a/b', 'a']);
  });

  it('a directory without write permission is STORE_FAILED with what to do, and the probe finds it', async () => {
    await store.put('there', bytesOf('x'));
    await chmod(directory, 0o555);
    await asNobody(async () => {
      const refused = {
        code: 'STORE_FAILED',
        message: expect.stringMatching(/Cannot write file:.*EACCES/) as string,
        help: expect.stringContaining('permission') as string,
      };
      await expect(store.probe()).rejects.toMatchObject(refused);
      await expect(store.put('a', bytesOf('x'))).rejects.toMatchObject(refused);
      await expect(store.putIfAbsent('a', bytesOf('x'))).rejects.toMatchObject(refused);
      await expect(store.remove('there')).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('Cannot remove') as string,
      });
      expect(text(await store.get('there'))).toBe('x');
    });
  });

  it('a file where a folder is needed is STORE_FAILED, with what to do', async () => {
    await store.put('a', bytesOf('x'));
    await store.put('b/c', bytesOf('x'));
    const inTheWay = {
      code: 'STORE_FAILED',
      help: expect.stringContaining('stands where a directory is needed') as string,
    };
    for (const [key, way] of [
      ['a/b', /a\/b/],
      ['b', /\/b/],
    ] as const) {
      await expect(store.put(key, bytesOf('x'))).rejects.toMatchObject({
        ...inTheWay,
        message: expect.stringMatching(way) as string,
      });
      await expect(store.putIfAbsent(key, bytesOf('x'))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    }
    const below = openStore(join(directory, 'a', 'store'));
    await expect(below.probe()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('a place where no folder can be made is STORE_FAILED at once, and no thread keeps trying', async () => {
    await writeFile(join(directory, 'file'), 'x');
    for (const place of ['/proc/x', '/proc/x/y/z', join(directory, 'file'), join(directory, 'file/a/b')]) {
      const refused = {
        code: 'STORE_FAILED',
        message: expect.stringContaining(`Cannot write file:${place}/probe-`) as string,
        help: expect.stringMatching(/directory/) as string,
      };
      await expect(openStore(`file:${place}`).probe()).rejects.toMatchObject(refused);
    }
    await expect(makeFolders('/proc/x/y')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('what is no regular file is no blob, and reading it does not block', async () => {
    await promisify(execFile)('mkfifo', [join(directory, 'pipe')]);
    await symlink('/dev/zero', join(directory, 'zeros'));
    for (const key of ['pipe', 'zeros']) {
      const refused = {
        code: 'STORE_FAILED',
        message: expect.stringMatching(/Cannot read file:.*: it is a (named pipe|device), not a file/) as string,
        help: expect.stringContaining('regular files') as string,
      };
      await expect(store.get(key)).rejects.toMatchObject(refused);
      await expect(store.getRange(key, 0, 1)).rejects.toMatchObject(refused);
      await expect(store.getPieces(key)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refused);
      expect(await store.size(key)).toBeUndefined();
    }
    expect(await all(store.list(''))).toEqual([]);
  });

  it('a blob above the limit is refused without being read', async () => {
    await store.put('some', bytesOf('12345'));
    await store.put('none', bytesOf(''));
    expect(text(await getAtMost(store, 'some', 5))).toBe('12345');
    expect(text(await getAtMost(store, 'none', 5))).toBe('');
    await expect(getAtMost(store, 'some', 4)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: `Expected at most 4 bytes at file:${directory}/some, got 5 bytes.`,
    });
    await expect(getAtMost(store, 'absent', 4)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('the probe removes what killed writers left an hour ago, but not what is being written', async () => {
    await store.probe();
    const incoming = join(directory, '~incoming');
    await writeFile(join(incoming, 'left'), 'x');
    await writeFile(join(incoming, 'new'), 'x');
    const { mtimeMs } = await stat(join(incoming, 'new'));
    await utimes(join(incoming, 'left'), mtimeMs / 1000 - 7200, mtimeMs / 1000 - 7200);
    await store.probe();
    expect(await readdir(incoming)).toEqual(['new']);
    expect(await all(store.list(''))).toEqual([]);
  });

  it('the probe refuses a store that lets a second writer win, or returns other bytes', async () => {
    const put = async (key: string, bytes: Uint8Array): Promise<boolean> => store.put(key, bytes).then(() => true);
    const careless = { ...store, putIfAbsent: put };
    await expect(probeStore(careless, 'a')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      help: expect.stringContaining('If-None-Match') as string,
    });
    const forgetful = { ...store, get: async () => bytesOf('other') };
    await expect(probeStore(forgetful, 'b')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('read back "other"') as string,
    });
    expect(await all(store.list(''))).toEqual([]);
  });

  it('its URL opens the same store again', async () => {
    await store.put('a', bytesOf('x'));
    expect(store.url).toBe(`file:${directory}`);
    expect(text(await openStore(store.url).get('a'))).toBe('x');
    expect(text(await openStore(`file://${directory}`).get('a'))).toBe('x');
  });
});

/** Drops the rights of root for a while, because root may write anywhere. */
async function asNobody(use: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await use();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
