// Goal: a download on the pool has the tars of one on one machine, byte for byte, however many workers there are and
// whoever dies, in a folder and in S3; and goes on where it was. Method: a real Redis, worker processes, a server of
// pictures, and Ceph's S3 gateway.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webOptions } from '#download/download-web.js';
import { downloadList } from '#download/download-list.js';
import { disallowedDirectives } from '#download/web/robots-tag.js';
import { parseRunDocument, type RunDocument } from '#protocol/document/run-document.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import { openS3Client } from '#store/s3/s3-client.js';
import { s3Location } from '#store/s3/s3-location.js';
import type { Store } from '#store/store.js';
import type { RunEvent } from '../../apps/coordinator/src/training/run-event.js';
import { startCommand } from '../support/command.js';
import { apiKey, openHome } from '../support/coordinator.js';
import { startPool, until, type TestPool } from '../support/pool.js';
import { startPictureServer, type PictureServer } from '../support/servers/picture-server.js';
import { startRadosgw } from '../support/servers/radosgw.js';

const pictures = 130;
/** Its picture is that of another number. */
const twin = 99;
const rows = (server: PictureServer): string[] =>
  Array.from({ length: pictures }, (_, at) => {
    const route = at % 13 === 7 ? 'gone' : at % 31 === 3 ? 'flaky' : 'ok';
    return `${server.url}/${route}/${at === twin ? 'x/1' : at}.jpg,picture ${at}\n`;
  });
const gone = Array.from({ length: pictures }, (_, at) => at).filter((at) => at % 13 === 7).length;

let directory: string;
let server: PictureServer;
const pace = { answerMs: 5 };
let pool: TestPool;
/** The files of a download by one process. */
let alone: ReadonlyMap<string, string>;
const listPath = (): string => join(directory, 'list.csv');
const at = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-pool-download-'));
  server = await startPictureServer({}, { pace });
  await writeFile(listPath(), ['url,caption\n', ...rows(server)].join(''));
  await downloadList(
    { path: listPath(), images: 'urls' },
    {
      ...{ folder: at('alone'), shardPictures: 20, part: 1, parts: 1, connections: 16, retries: 2, bytesMax: 2 ** 20 },
      ...{ ignoreRobots: false, disallowed: disallowedDirectives, agentToken: 'tandem', duplicateDistance: 0 },
      ...webOptions({ perHost: 16, timeoutMs: 5000, allowsPrivateAddresses: true }),
      signal: new AbortController().signal,
    },
  );
  alone = await filesOf(openStore(at('alone')));
  pool = await startPool({ TANDEM_ALLOW_PRIVATE_ADDRESSES: 'true' });
});
afterAll(async () => {
  await pool.stop();
  await server.close();
  await rm(directory, { recursive: true });
});

/** All files but those of the run itself, by their names. Closes the store. */
async function filesOf(store: Store): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for await (const key of store.list(''))
    if (!key.startsWith('runs/')) files.set(key, Buffer.from(await store.get(key)).toString('latin1'));
  await store.close();
  return files;
}

const documentFor = (store: string, download: object = {}): RunDocument =>
  parseRunDocument({
    name: 'download',
    store,
    download: { list: listPath(), shardPictures: 20, connections: 4, perHost: 4, timeoutMs: 5000, ...download },
  });

interface Downloading {
  readonly onEvent?: (event: RunEvent) => void;
  readonly stopping?: AbortSignal;
  readonly signal?: AbortSignal;
  readonly access?: StoreAccess;
  readonly download?: object;
}

async function download(
  id: string,
  place: string,
  { access = {}, download: changes = {}, ...options }: Downloading = {},
): Promise<RunEvent[]> {
  const store = openStore(place, access);
  try {
    return await pool.train({ id, config: documentFor(place, changes), store, ...options });
  } finally {
    await store.close();
  }
}

const accountOf = (events: readonly RunEvent[]): unknown =>
  events.flatMap((one) => (one.kind === 'downloaded' ? [one.account] : [])).at(-1);

/** How often pictures that are there were asked for. */
const asked = (): number =>
  [...server.asked].reduce((sum, [path, count]) => sum + (path.startsWith('/ok/') ? count : 0), 0);

describe('a download on the pool', () => {
  it('asks no private address, whatever its document says, unless who operates the worker allows it', async () => {
    const careful = await pool.addWorker({ TANDEM_ALLOW_PRIVATE_ADDRESSES: 'false' });
    const before = asked();
    const events = await download('private', at('private'));
    expect(accountOf(events)).toMatchObject({
      pictures,
      stored: 0,
      failed: [{ what: expect.stringContaining('not public') as string, count: pictures, canPass: false }],
    });
    expect(asked()).toBe(before);
    expect(() => documentFor(at('allowing'), { allowPrivate: true })).toThrow(/unknown key "allowPrivate"/);
    careful.kill('SIGKILL');
    await until(() => !pool.workers().some(({ state }) => state === 'idle' || state === 'busy'));
  });

  it('has the same tars with one, two and three workers, one of which is killed', async () => {
    await pool.addWorker();
    const events = await download('one', at('one'));
    expect(await filesOf(openStore(at('one')))).toEqual(alone);
    expect(events[0]).toEqual({ kind: 'listed', tars: 7 });
    expect(accountOf(events)).toMatchObject({ pictures, stored: pictures - gone - 1, duplicates: 1, unsettled: 0 });

    await pool.addWorker();
    await download('two', at('two'));
    expect(await filesOf(openStore(at('two')))).toEqual(alone);

    const doomed = await pool.addWorker();
    let isKilled = false;
    await download('three', at('three'), {
      onEvent({ kind }) {
        if (kind !== 'downloaded' || isKilled) return;
        isKilled = true;
        doomed.kill('SIGKILL');
      },
    });
    expect(pool.changes.some((change) => change.includes('was silent for'))).toBe(true);
    expect(await filesOf(openStore(at('three')))).toEqual(alone);
  }, 120_000);

  it('that is paused keeps what it has, and goes on in any later run', async () => {
    const stopping = new AbortController();
    const before = asked();
    let answers = 0;
    await download('paused', at('paused'), {
      stopping: stopping.signal,
      onEvent({ kind }) {
        if (kind === 'downloaded' && ++answers === 3) stopping.abort();
      },
    });
    const there = [...(await filesOf(openStore(at('paused')))).keys()];
    expect(there.filter((name) => name.endsWith('_stats.json')).length).toBeLessThan(7);
    await download('another', at('paused'));
    expect(await filesOf(openStore(at('paused')))).toEqual(alone);
    // What the two workers had under way is asked for again: two tasks each.
    expect(asked() - before).toBeLessThanOrEqual(okPictures + 4 * 20);
  });

  it('whose coordinator ends at once goes on with the results that were answered', async () => {
    const ending = new AbortController();
    const before = asked();
    let answers = 0;
    await expect(
      download('ended', at('ended'), {
        signal: ending.signal,
        onEvent({ kind }) {
          if (kind === 'downloaded' && ++answers === 3) ending.abort();
        },
      }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    await download('ended', at('ended'));
    expect(await filesOf(openStore(at('ended')))).toEqual(alone);
    expect(asked() - before).toBeLessThanOrEqual(okPictures + 4 * 20);
  });

  it('refuses a store in which another list was downloaded, and a second run into the same store', async () => {
    await expect(download('smaller', at('one'), { download: { shardPictures: 10 } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('--shard-pictures') as string,
    });
    const first = download('first', at('both'));
    await expect(download('second', at('both'))).rejects.toMatchObject({ code: 'CONFLICT' });
    await first;
  });
});

const okPictures = Array.from({ length: pictures }, (_, number) => number).filter(
  (number) => number % 13 !== 7 && number % 31 !== 3,
).length;

describe('the command', () => {
  const options = ['--shard-pictures', '20', '--json'];

  it('downloads with workers of its own, and of the run nothing stays', async () => {
    const args = ['dataset', 'download', listPath(), at('own'), '--workers', '2', '--allow-private'];
    const command = await startCommand([...args, ...options]);
    expect([await command.exit, command.output()]).toEqual([0, expect.stringContaining('"stored"') as string]);
    expect(JSON.parse(command.stdout())).toMatchObject({ pictures, duplicates: 1 });
    expect(await filesOf(openStore(at('own')))).toEqual(alone);
    expect((await readdir(at('own'))).includes('runs')).toBe(false);
    expect(await command.leftBehind()).toEqual([]);
    await command.close();
  });

  it('downloads with the workers of a coordinator, and after Ctrl-C the same command goes on', async () => {
    const home = await openHome();
    const coordinator = await startCommand(['coordinator'], {
      ...home.settings,
      ...{ TANDEM_API_KEY: apiKey, TANDEM_PORT: '0' },
    });
    const worker = await startCommand(['worker'], { ...home.settings, TANDEM_ALLOW_PRIVATE_ADDRESSES: 'true' });
    try {
      const [, url = ''] = await coordinator.says(/listens on (http\S+),/);
      const args = ['dataset', 'download', listPath(), at('theirs'), '--url', url, '--api-key', apiKey, ...options];
      const refused = await startCommand([...args, '--allow-private']);
      expect([await refused.exit, refused.output()]).toEqual([
        2,
        expect.stringContaining('TANDEM_ALLOW_PRIVATE_ADDRESSES') as string,
      ]);
      pace.answerMs = 500; // It is stopped long before its end.
      const first = await startCommand(args);
      await first.says(/downloading: /);
      first.kill('SIGINT');
      pace.answerMs = 5;
      expect([await first.exit, first.output()]).toEqual([130, expect.stringContaining('is kept') as string]);
      const second = await startCommand(args);
      expect([await second.exit, second.output()]).toEqual([0, expect.stringContaining('"stored"') as string]);
      expect(await filesOf(openStore(at('theirs')))).toEqual(alone);
      for (const one of [refused, first, second]) await one.close();
    } finally {
      await Promise.all([coordinator.close(), worker.close()]);
      await home.close();
    }
  });
});

describe('a download to S3', () => {
  it('has the same tars, from a list that is there as well', async (context) => {
    const s3 = await startRadosgw();
    if (s3.kind === 'unavailable') return context.skip(s3.reason);
    try {
      const { endpoint, owner } = s3;
      const admin = await openS3Client(s3Location('s3://pictures', { endpoint }), owner);
      await admin.createBucket({ Bucket: 'pictures' });
      admin.destroy();
      const access = { endpoint, ...owner };
      const lists = openStore('s3://pictures/lists', access);
      await lists.put('list.csv', await readFile(listPath()));
      await lists.close();
      const args = ['dataset', 'download', 's3://pictures/lists/list.csv', 's3://pictures/tars', '--allow-private'];
      const command = await startCommand([...args, '--shard-pictures', '20', '--json'], {
        TANDEM_S3_ENDPOINT: endpoint,
        TANDEM_S3_REGION: 'us-east-1',
        TANDEM_S3_ACCESS_KEY_ID: owner.accessKeyId,
        TANDEM_S3_SECRET_ACCESS_KEY: owner.secretAccessKey,
      });
      expect([await command.exit, command.output()]).toEqual([0, expect.stringContaining('"stored"') as string]);
      await command.close();
      expect(await filesOf(openStore('s3://pictures/tars', access))).toEqual(alone);
    } finally {
      await s3.stop();
    }
  }, 240_000);
});
