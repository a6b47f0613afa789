// Goal: keys live in the store and end everywhere, whatever the store does. Method: rings over one directory, as of a
// coordinator and the one that takes over, with a clock that the test moves and a store that fails when it says so.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { openKeyRecords, type KeyRecords } from './key-records.js';
import { openKeyRing, type KeyRing } from './key-ring.js';

const first = {
  name: 'api-key.json' as const,
  made: undefined,
  accepts: (candidate: string) => candidate === 'the-first-key-of-all',
};
let folder: string;
let nowMs: number;
let isDown: boolean;
let errors: TandemError[];
const rings: KeyRing[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-keys-'));
  [nowMs, isDown, errors] = [Date.parse('2026-01-01T00:00:00Z'), false, []];
});
afterEach(async () => {
  await Promise.all(rings.splice(0).map((ring) => ring.close()));
  await rm(folder, { recursive: true });
});

/** The records of the directory, while it is up. */
function records(): KeyRecords {
  const real = openKeyRecords(openStore(folder));
  const whileUp = <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return (...args: Args): Promise<Result> =>
      isDown
        ? Promise.reject(new TandemError({ code: ErrorCode.StoreFailed, message: 'The disk is full.' }))
        : call(...args);
  };
  return {
    ids: whileUp(real.ids),
    read: whileUp(real.read),
    write: whileUp(real.write),
    remove: whileUp(real.remove),
    readUses: whileUp(real.readUses),
    writeUses: whileUp(real.writeUses),
  };
}

async function open(checkOwner = (): Promise<void> => Promise.resolve()): Promise<KeyRing> {
  const ring = await openKeyRing({
    ...{ first, checkOwner, records: records() },
    now: () => new Date(nowMs),
    onError: (error) => void errors.push(error),
  });
  rings.push(ring);
  return ring;
}

it('a key is known by its hash alone, to this coordinator and the next', async () => {
  const ring = await open();
  const { id, key, expiresAt } = await ring.create({ name: 'ci', scope: 'submit' });
  expect([key, expiresAt]).toEqual([expect.stringMatching(/^tandem_[\w-]{43}$/), null]);
  expect(ring.find(key)).toEqual({ id, name: 'ci', scope: 'submit' });
  expect(ring.find('the-first-key-of-all')).toMatchObject({ id: 'first', scope: 'admin' });
  expect([ring.find(`${key}x`), ring.find('')]).toEqual([undefined, undefined]);
  const kept = await readFile(join(folder, 'keys', `${id}.json`), 'utf8');
  expect(kept).not.toContain(key.slice('tandem_'.length));

  const next = await open();
  expect(next.find(key)).toEqual({ id, name: 'ci', scope: 'submit' });
});

it('a key that is revoked at one coordinator ends at the other when that reads the store again', async () => {
  const [one, other] = [await open(), await open()];
  const { id, key } = await one.create({ name: 'ci', scope: 'read' });
  await other.refresh();
  expect(other.find(key)).toBeDefined();
  await one.revoke(id);
  expect([one.find(key), one.has(id)]).toEqual([undefined, false]);
  await other.refresh();
  expect([other.find(key), other.has(id)]).toEqual([undefined, false]);
  expect(await openKeyRecords(openStore(folder)).ids()).toEqual([]);
});

it('a key expires', async () => {
  const ring = await open();
  const { id, key, expiresAt } = await ring.create({ name: 'guest', scope: 'read', days: 2 });
  expect(expiresAt).toBe('2026-01-03T00:00:00.000Z');
  nowMs += 2 * 86_400_000 - 1;
  expect(ring.find(key)).toBeDefined();
  nowMs += 1;
  expect([ring.find(key), ring.has(id)]).toEqual([undefined, false]);
  expect(ring.list()).toMatchObject([
    { id: 'first', expired: false },
    { id, expired: true },
  ]);
});

it('while the store fails, known keys go on, none is made, and one that is revoked ends all the same', async () => {
  const ring = await open();
  const [kept, lost] = [
    await ring.create({ name: 'kept', scope: 'read' }),
    await ring.create({ name: 'lost', scope: 'read' }),
  ];
  isDown = true;
  for (let time = 0; time < 3; time++) await ring.refresh();
  expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(/disk is full.*known so far go on/)]);
  expect(ring.find(kept.key)).toBeDefined();
  await expect(ring.create({ name: 'new', scope: 'read' })).rejects.toMatchObject({ code: 'STORE_FAILED' });
  await expect(ring.revoke(lost.id)).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('opens nothing'),
  });
  expect(ring.find(lost.key)).toBeUndefined();

  isDown = false;
  await ring.refresh();
  expect([ring.find(lost.key), ring.find(kept.key)?.name]).toEqual([undefined, 'kept']);
  expect(await readdir(join(folder, 'keys'))).toEqual([`${kept.id}.json`]);
  expect(ring.list().map(({ name }) => name)).toEqual(['api-key.json', 'kept']);
});

it('a coordinator that leads no more neither makes keys nor removes records', async () => {
  let leads = true;
  const ring = await open(() =>
    leads ? Promise.resolve() : Promise.reject(new TandemError({ code: ErrorCode.Conflict, message: 'It is over.' })),
  );
  const { id } = await ring.create({ name: 'ci', scope: 'read' });
  leads = false;
  await expect(ring.create({ name: 'new', scope: 'read' })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(ring.revoke(id)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await readdir(join(folder, 'keys'))).toEqual([`${id}.json`]);
});

it('the last use is listed, and known after a restart', async () => {
  const ring = await open();
  const { id, key } = await ring.create({ name: 'ci', scope: 'read' });
  expect(ring.list()[1]).toMatchObject({ id, lastUsedAt: null });
  nowMs += 61_000;
  ring.find(key);
  expect(ring.list()[1]).toMatchObject({ lastUsedAt: '2026-01-01T00:01:01.000Z' });
  await ring.close();
  expect((await open()).list()[1]).toMatchObject({ id, lastUsedAt: '2026-01-01T00:01:01.000Z' });
});

it('the first key cannot be revoked, nor one that nobody has', async () => {
  const ring = await open();
  await expect(ring.revoke('first')).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(ring.revoke('nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it.each(['{"id": "key-1"', '{}', JSON.stringify({ id: 'key-2', name: 'x', scope: 'admin' }), 'x'.repeat(10_000)])(
  'a damaged record opens nothing and is told of once: %.40s',
  async (text) => {
    const ring = await open();
    const { key } = await ring.create({ name: 'ci', scope: 'read' });
    await writeFile(join(folder, 'keys', 'key-1.json'), text);
    for (let time = 0; time < 3; time++) await ring.refresh();
    expect(errors.map(({ code }) => code)).toEqual(['DATA_INVALID']);
    expect([ring.list().length, ring.find(key)?.name]).toEqual([2, 'ci']);
  },
);
