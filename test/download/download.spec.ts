// Goal: whatever servers do, each picture of a list is stored or counted with its reason, and a second call asks only
// for what it has to. Method: a server of this test's own with each fault.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import type { DownloadAccount } from '#download/download-account.js';
import { downloadList, type DownloadOptions } from '#download/download-list.js';
import { systemAddresses } from '#download/web/host-addresses.js';
import { disallowedDirectives } from '#download/web/robots-tag.js';
import { openFolderStore } from '../support/models/small-dataset.js';
import {
  numberedPicture,
  sendPicture,
  startPictureServer,
  type PictureServer,
} from '../support/servers/picture-server.js';

let root: string;
const servers: PictureServer[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-download-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await rm(root, { recursive: true, force: true });
});

const start: typeof startPictureServer = async (...args) => {
  const server = await startPictureServer(...args);
  servers.push(server);
  return server;
};

async function download(
  rows: readonly (readonly string[])[],
  target: string,
  options: Partial<DownloadOptions> = {},
): Promise<DownloadAccount> {
  await writeFile(listPath(), [['url', 'caption'], ...rows].map((row) => `${row.join('\t')}\n`).join(''));
  return downloadFile(listPath(), target, options);
}

const listPath = (): string => join(root, 'list.tsv');

async function downloadFile(
  path: string,
  target: string,
  options: Partial<DownloadOptions> = {},
): Promise<DownloadAccount> {
  const usual = { shardPictures: 10, part: 1, parts: 1, connections: 16, perHost: 16, retries: 1, timeoutMs: 1000 };
  const asked = {
    ...{ bytesMax: 2 ** 20, ignoreRobots: false, disallowed: disallowedDirectives, agentToken: 'tandem' },
    ...{ userAgent: 'tandem', duplicateDistance: 0, isAllowed: () => true, addressesOf: systemAddresses },
  };
  const signal = new AbortController().signal;
  return downloadList({ path, images: 'urls' }, { ...usual, ...asked, folder: join(root, target), signal, ...options });
}

const reasons = ({ failed }: DownloadAccount): Record<string, number> =>
  Object.fromEntries(failed.map(({ what, count, canPass }) => [canPass ? `${what} (can pass)` : what, count]));

/** The files of a folder, but for the settings. */
async function contents(target: string): Promise<Record<string, string>> {
  const names = (await readdir(join(root, target))).filter((name) => name !== 'download.json').sort();
  const files = names.map(
    async (name) => [name, (await readFile(join(root, target, name))).toString('latin1')] as const,
  );
  return Object.fromEntries(await Promise.all(files));
}

it('counts each failure by its reason, with an example, and stores the rest', async () => {
  const { url } = await start({
    'robots.txt': (_, response) => void response.end('User-agent: tandem\nDisallow: /closed/\n'),
    closed: (request, response) => sendPicture(request, response),
  });
  const paths = (
    'ok/1.jpg moved/2.jpg flaky/3.jpg others/4.jpg untyped/5 missing/6.jpg busy/7.jpg hang/8.jpg cut/9.jpg ' +
    'page/10.jpg lie/11.jpg empty/12.jpg huge/13.jpg claim/14.jpg noai/15.jpg closed/16.jpg round/17.jpg drip/18.jpg'
  ).split(' ');
  const rows = [
    ...paths.map((path) => [`${url}/${path}`, path]),
    ['ftp://127.0.0.1/a.jpg', 'ftp'],
    ['http://u:p@127.0.0.1/a.jpg', 'password'],
    ['not a URL', 'no URL'],
    ['http://127.0.0.1:1/a.jpg', 'no server'],
    ['', 'no cell'],
  ];
  const account = await download(rows, 'out', { retries: 1 });
  expect(account).toMatchObject({ pictures: 22, stored: 5, duplicates: 0, unsettled: 5 });
  expect(reasons(account)).toEqual({
    'HTTP status 404': 1,
    'HTTP status 503 (can pass)': 1,
    'No whole answer within the time limit (can pass)': 2,
    'The connection was closed too early (can pass)': 1,
    "The site's robots.txt cannot be read now: The host refuses connections (can pass)": 1,
    'It is no picture: text/html': 1,
    'Unreadable image of … bytes: it is an HTML page, no picture.': 1,
    'It is empty': 1,
    'It has more than the limit of 1 MiB (--bytes-max)': 2,
    'The site does not allow it: X-Robots-Tag: noai': 1,
    "The site's robots.txt does not allow it (--ignore-robots)": 1,
    'More than 5 redirects': 1,
    'The URL is neither http: nor https:': 1,
    'The URL has a password': 1,
    'It is no URL': 1,
  });
  expect(account.failed.find(({ what }) => what === 'HTTP status 404')?.examples).toEqual([`${url}/missing/6.jpg`]);
  expect(account.leftOut).toMatchObject([{ what: 'No URL in its column.', count: 1 }]);
  const { asked } = servers[0]!;
  expect([asked.get('/robots.txt'), asked.get('/closed/16.jpg'), asked.get('/flaky/3.jpg')]).toEqual([1, undefined, 2]);
  expect([asked.get('/busy/7.jpg'), asked.get('/missing/6.jpg')]).toEqual([2, 1]);
});

it('robots.txt and X-Robots-Tag can be ignored; a site that does not answer is left alone for now', async () => {
  const { url } = await start({ 'robots.txt': (_, response) => void response.writeHead(500).end() });
  const rows = [
    [`${url}/ok/1.jpg`, 'one'],
    [`${url}/noai/2.jpg`, 'two'],
  ];
  expect(reasons(await download(rows, 'out', { retries: 0 }))).toEqual({
    "The site's robots.txt cannot be read now: HTTP status 500 (can pass)": 2,
  });
  expect(servers[0]!.asked.get('/ok/1.jpg')).toBeUndefined();
  const account = await download(rows, 'out', { ignoreRobots: true, disallowed: [] });
  expect(account).toMatchObject({ stored: 2, failed: [] });
});

it('a second call asks only for what can pass, and ends where a single call would have ended', async () => {
  let isDown = true;
  const { url, asked } = await start({
    weak: (request, response) => (isDown ? void response.writeHead(502).end() : sendPicture(request, response)),
  });
  const rows = Array.from({ length: 34 }, (_, at) => [
    `${url}/${at % 5 === 2 ? 'weak' : at % 7 === 3 ? 'missing' : 'ok'}/${at}.jpg`,
    `picture ${at}`,
  ]);
  const first = await download(rows, 'out', { retries: 0 });
  expect(first.unsettled).toBe(7);
  expect(Object.keys(await contents('out'))).toEqual(
    [0, 1, 2, 3].flatMap((shard) => [`0000${shard}.tar`, `0000${shard}_stats.json`]),
  );
  const before = new Map(asked);
  isDown = false;
  const second = await download(rows, 'out', { retries: 0 });
  expect(second).toMatchObject({ pictures: 34, unsettled: 0, stored: first.stored + 7 });
  const again = [...asked].filter(([path, count]) => count !== before.get(path) && path !== '/robots.txt');
  expect(again.map(([path]) => path).sort()).toEqual([2, 7, 12, 17, 22, 27, 32].map((at) => `/weak/${at}.jpg`).sort());
  await download(rows, 'single', { retries: 0 });
  expect(await contents('out')).toEqual(await contents('single'));
});

it('parts of the shards are what a single machine makes of them, and duplicates are taken out at the end', async () => {
  const small = await sharp(await numberedPicture(20))
    .resize(32)
    .png()
    .toBuffer();
  const { url } = await start({ copy: (_, response) => void response.writeHead(200).end(small) });
  const rows = Array.from({ length: 45 }, (_, at) => [`${url}/ok/${at % 40}.jpg`, `picture ${at}`]);
  rows.splice(30, 0, [`${url}/copy/a.jpg`, 'the twentieth, as a smaller file'], [`${url}/copy/b.webp`, 'and again']);
  const whole = await download(rows, 'whole', { duplicateDistance: 2 });
  expect(whole).toMatchObject({ pictures: 42, stored: 40, duplicates: 2, failed: [] });
  const counts = [];
  for (const part of [3, 1, 2]) counts.push((await download(rows, 'parts', { part, parts: 3 })).pictures);
  expect(counts).toEqual([10, 20, 12]);
  const asked = servers[0]!.asked.get('/ok/1.jpg');
  await download(rows, 'parts', { duplicateDistance: 2 });
  expect(servers[0]!.asked.get('/ok/1.jpg')).toBe(asked);
  expect(await contents('parts')).toEqual(await contents('whole'));
});

it('rows of a URL are captions of one picture, and prepare reads what was written', async () => {
  const { url } = await start();
  const rows = [
    [`${url}/ok/1.jpg`, 'a cat'],
    [`${url}/ok/2.jpg`, 'a dog'],
    [`${url}/ok/1.jpg`, 'a sleeping cat'],
  ];
  await download(rows, 'out', { shortestSide: 24 });
  expect([...servers[0]!.asked.values()]).toEqual([1, 1, 1]);
  const target = await openFolderStore();
  const prepared = { name: 'downloaded', licences: [] };
  const { account } = await prepareDataset({ kind: 'folder', path: join(root, 'out') }, target.store, prepared);
  expect(account).toMatchObject({ pairs: 2, leftOut: [] });
  const dataset = await openDataset(target.store);
  expect((await dataset.sample(0)).captions).toEqual(['a cat', 'a sleeping cat']);
  expect(await sharp((await dataset.sample(1)).image).metadata()).toMatchObject({ width: 32, height: 24 });
  await target.close();
});

it('goes to no address that is not allowed: by number, name, redirect, or a name looked up twice', async () => {
  // 127.0.0.2 stands for the public internet here, and 127.0.0.1 for what must not be reached.
  const inside = await start();
  const outside = await start(
    { away: (_, response) => void response.writeHead(302, { location: `${inside.url}/ok/1.jpg` }).end() },
    { host: '127.0.0.2' },
  );
  let lookups = 0;
  const addresses: Record<string, () => string[]> = {
    'inside.example': () => ['127.0.0.1'],
    'both.example': () => ['127.0.0.2', '127.0.0.1'],
    'outside.example': () => ['127.0.0.2'],
    'rebound.example': () => [lookups++ === 0 ? '127.0.0.2' : '127.0.0.1'],
  };
  const rows = [
    `${inside.url}/ok/2.jpg`,
    `http://2130706433:${inside.port}/ok/3.jpg`,
    `http://0x7f.1:${inside.port}/ok/4.jpg`,
    `http://[::ffff:127.0.0.1]:${inside.port}/ok/5.jpg`,
    `http://inside.example:${inside.port}/ok/6.jpg`,
    `http://both.example:${inside.port}/ok/7.jpg`,
    `${outside.url}/away/8.jpg`,
    `http://outside.example:${outside.port}/away/9.jpg`,
    // The ports differ, so that each is a connection, and the second is to the address that is looked up then.
    `http://rebound.example:${outside.port}/ok/10.jpg`,
    `http://rebound.example:${inside.port}/ok/11.jpg`,
    `http://outside.example:${outside.port}/ok/12.jpg`,
  ].map((one) => [one, 'a picture']);
  const account = await download(rows, 'out', {
    connections: 1,
    ignoreRobots: true,
    isAllowed: (address) => address === '127.0.0.2',
    addressesOf: async (host) => addresses[host]!().map((address) => ({ address, family: 4 })),
  });
  expect(account.stored).toBe(2);
  expect(reasons(account)).toEqual({ 'The host has an address that is not public (--allow-private)': 9 });
  expect([...inside.asked]).toEqual([]);
});

it('no more pictures of a host are asked for at once than its limit, and other hosts do not wait for it', async () => {
  const slow = await start({}, { pace: { answerMs: 30 } });
  const fast = await start({}, { host: '127.0.0.2' });
  const rows = [
    ...Array.from({ length: 30 }, (_, at) => [`${slow.url}/ok/${at}.jpg`, 'slow']),
    ...Array.from({ length: 10 }, (_, at) => [`${fast.url}/ok/${40 + at}.jpg`, 'fast']),
  ];
  const all = download(rows, 'out', { perHost: 2, connections: 8, ignoreRobots: true });
  await expect.poll(() => fast.asked.size, { interval: 1 }).toBe(10);
  expect(slow.asked.size).toBeLessThan(30);
  expect(await all).toMatchObject({ stored: 40 });
  expect(slow.mostAtOnce).toBe(2);
});

it('another list or another size in the same folder is refused, and what is there stays', async () => {
  const { url } = await start();
  await download([[`${url}/ok/1.jpg`, 'one']], 'out');
  const before = await contents('out');
  await expect(download([[`${url}/ok/2.jpg`, 'two']], 'out')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/another for the contents of the list/),
  });
  await expect(download([[`${url}/ok/1.jpg`, 'one']], 'out', { shortestSide: 16 })).rejects.toThrow(/--shortest-side/);
  expect(await contents('out')).toEqual(before);
});

it('a list without a heading is known by the URL in its first row; without URLs the columns are named', async () => {
  const { url } = await start();
  const path = join(root, 'bare.tsv');
  await writeFile(path, `a cat\t${url}/ok/1.jpg\na dog\t${url}/ok/2.jpg\n`);
  const { said, stored } = await downloadFile(path, 'out');
  expect(stored).toBe(2);
  expect(said).toEqual([
    'a table without a heading: its first row has a URL',
    'column 2 for URLs, column 1 for captions',
  ]);
});
