import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openStore } from '#store/open-store.js';
import type { StoreAccess } from '#store/open-store.js';
import { openS3Client } from '#store/s3/s3-client.js';
import { s3Location } from '#store/s3/s3-location.js';
import { partBytes } from '#store/s3/s3-transfer.js';
import type { Store } from '#store/store.js';
import { makeCertificate } from '../support/servers/certificate.js';
import { startFaultyProxy } from '../support/servers/faulty-proxy.js';
import type { Fault, FaultyProxy } from '../support/servers/faulty-proxy.js';
import { startRadosgw } from '../support/servers/radosgw.js';
import { checkpointConformance } from './checkpoint-conformance.js';
import { journalConformance } from './journal-conformance.js';
import { all, bytesOf, storeConformance, text } from './store-conformance.js';

// Against a real S3 server, Ceph's gateway. Imitations ignore signatures and conditional writes.
const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));
const server = await startRadosgw();
if (server.kind === 'unavailable') process.stderr.write(`\n*** The S3 tests are skipped: ${server.reason}\n\n`);

describe('S3', () => {
  if (server.kind === 'unavailable') {
    it('needs a server', (context) => context.skip(server.reason));
    return;
  }
  const { endpoint, owner, stranger } = server;
  const open = (path: string, access: StoreAccess = owner): Store => openStore(`s3://${path}`, { endpoint, ...access });
  const openForTest = (path: string, access?: StoreAccess): Store => {
    const store = open(path, access);
    onTestFinished(() => store.close());
    return store;
  };
  it('over TLS, with a certificate that TANDEM_S3_CA names; without it, it says why it fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-s3-tls-'));
    const { cert, key } = makeCertificate(folder);
    const [certificate, privateKey] = await Promise.all([readFile(cert, 'utf8'), readFile(key, 'utf8')]);
    const { hostname, port } = new URL(endpoint);
    const front = createTlsServer({ cert: certificate, key: privateKey }, (socket) => {
      const back = connect(Number(port), hostname);
      for (const [from, to] of [
        [socket, back],
        [back, socket],
      ] as const)
        from.on('error', () => to.destroy()).pipe(to);
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const secured = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
    const trusting = openStore('s3://tandem/tls', { ...owner, endpoint: secured, ca: certificate });
    await trusting.put('a', bytesOf('over TLS'));
    expect(text(await trusting.get('a'))).toBe('over TLS');
    const doubting = openStore('s3://tandem/tls', { ...owner, endpoint: secured });
    await expect(doubting.get('a')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/self-signed certificate/),
    });
    await Promise.all([trusting.close(), doubting.close()]);
    front.close();
    await rm(folder, { recursive: true });
  });

  beforeAll(async () => {
    const admin = await openS3Client(s3Location('s3://tandem', { endpoint }), owner);
    await admin.createBucket({ Bucket: 'tandem' });
    await admin.createBucket({ Bucket: 'readable', ACL: 'public-read' });
    await admin.putObject({ Bucket: 'tandem', Key: 'conformance/not a key', Body: 'x' });
    admin.destroy();
  });
  afterAll(() => server.stop());

  storeConformance('bucket with a prefix', () => open('tandem/conformance/'));
  checkpointConformance('bucket', () => open('tandem/checkpoints'));
  journalConformance('bucket', () => open('tandem/checkpoints'));

  it('a store without a prefix has all keys of the bucket that are valid keys', async () => {
    const inside = openForTest('tandem/inside/of');
    await inside.put('a', bytesOf('x'));
    const whole = openForTest('tandem');
    expect(await all(whole.list('inside'))).toEqual(['inside/of/a']);
    expect(await all(whole.list('conformance/not'))).toEqual([]);
    expect(await all(inside.list(''))).toEqual(['a']);
  });

  it(
    'its URL, with the endpoint and without keys, opens it on another machine that is set to this ' + 'endpoint',
    async () => {
      const store = openForTest('tandem/again', { ...owner, region: 'us-east-1' });
      await store.put('a', bytesOf('x'));
      expect(store.url).toBe(`s3://tandem/again?endpoint=${endpoint}&region=us-east-1`);
      expect(store.url).not.toContain(owner.secretAccessKey);
      const elsewhere = openStore(store.url, { ...owner, endpoint });
      expect(elsewhere.url).toBe(store.url);
      expect(text(await elsewhere.get('a'))).toBe('x');
      await elsewhere.close();
    },
  );

  it.each([
    [
      'a wrong secret',
      'tandem/p',
      { ...owner, secretAccessKey: 'wrong' },
      /does not accept these keys/,
      /AWS_SECRET_ACCESS_KEY/,
    ],
    [
      'an unknown key',
      'tandem/p',
      { ...owner, accessKeyId: 'nobody' },
      /does not accept these keys/,
      /AWS_ACCESS_KEY_ID/,
    ],
    [
      'a missing bucket',
      'no-such-bucket/p',
      owner,
      /there is no bucket no-such-bucket/,
      /aws s3 mb s3:\/\/no-such-bucket --endpoint-url http/,
    ],
    ['a bucket of others', 'tandem/p', stranger, /not allowed/, /s3:PutObject/],
    ['no write access', 'readable/p', stranger, /not allowed/, /s3:PutObject/],
  ])('%s is STORE_FAILED with what to do, and the probe finds it', async (_, path, access, what, help) => {
    const store = openForTest(path, access);
    const failed = {
      code: 'STORE_FAILED',
      retryable: false,
      message: expect.stringMatching(what) as string,
      help: expect.stringMatching(help) as string,
    };
    await expect(store.probe()).rejects.toMatchObject(failed);
    await expect(store.put('a', bytesOf('x'))).rejects.toMatchObject({
      ...failed,
      message: expect.stringMatching(`Cannot write s3://${path}/a`) as string,
    });
    await expect(store.putIfAbsent('a', bytesOf('x'))).rejects.toMatchObject(failed);
    if (!path.startsWith('readable')) await expect(all(store.list(''))).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('a blob of several parts is read whole, and a reader sees the old or the new one', async () => {
    const store = openForTest('tandem/parts');
    const blob = (value: number): Uint8Array => {
      const bytes = new Uint8Array(2 * partBytes + 12_345).fill(value);
      for (const part of [1, 2]) bytes.fill(value + part, part * partBytes);
      return bytes;
    };
    await store.put('large', blob(1));
    expect(await store.size('large')).toBe(2 * partBytes + 12_345);
    const writing = store.put('large', blob(100));
    for (let read = 0; read < 4; read++) {
      const back = await store.get('large');
      expect(Buffer.compare(back, blob(back[0]!))).toBe(0);
    }
    await writing;
    expect(Buffer.compare(await store.get('large'), blob(100))).toBe(0);
    expect(
      Buffer.compare(await store.getRange('large', partBytes - 2, 5), blob(100).subarray(partBytes - 2, partBytes + 3)),
    ).toBe(0);
  });

  it('a server that cannot be reached is STORE_FAILED, worth a retry', async () => {
    const store = openForTest('tandem', { ...owner, endpoint: 'http://127.0.0.1:9' });
    const failed = {
      code: 'STORE_FAILED',
      retryable: true,
      message: expect.stringContaining('http://127.0.0.1:9 cannot be reached') as string,
    };
    await expect(store.get('a')).rejects.toMatchObject(failed);
  });

  describe('over a network that fails', () => {
    const through = async (
      fault: (request: IncomingMessage, count: number) => Fault | undefined,
    ): Promise<{ store: Store; proxy: FaultyProxy }> => {
      let count = 0;
      const proxy = await startFaultyProxy(endpoint, (request) => fault(request, ++count));
      const store = openStore('s3://tandem/faulty', { ...owner, endpoint: proxy.endpoint });
      onTestFinished(async () => {
        await store.close();
        await proxy.stop();
      });
      return { store, proxy };
    };

    it('a download that breaks off is repeated', async () => {
      const { store, proxy } = await through(({ method }, count) =>
        method === 'GET' && count < 4 ? { kind: 'cut', afterBytes: 100_000 * count } : undefined,
      );
      const whole = new Uint8Array(2_000_000).map((_, index) => index * 7);
      await store.put('cut', whole);
      expect(Buffer.compare(await store.get('cut'), whole)).toBe(0);
      expect(proxy.faults).toBe(2);
    });

    it('a download that always breaks off is STORE_FAILED, worth a retry', async () => {
      const { store, proxy } = await through(({ method }) =>
        method === 'GET' ? { kind: 'cut', afterBytes: 10 } : undefined,
      );
      await store.put('cut', new Uint8Array(1000));
      await expect(store.get('cut')).rejects.toMatchObject({
        code: 'STORE_FAILED',
        retryable: true,
        message: expect.stringContaining('10 of 1000 bytes') as string,
      });
      expect(proxy.faults).toBeGreaterThan(1);
    });

    it('a part or an upload whose answer is lost is sent again', async () => {
      const large = new Uint8Array(partBytes + 5).fill(1).fill(2, partBytes);
      const lost = new Set<string>();
      const { store, proxy } = await through(({ method = '', url = '' }) => {
        const what = /partNumber=2/.test(url) ? 'part' : method === 'POST' && /uploadId=/.test(url) ? 'end' : undefined;
        if (what === undefined || lost.has(what)) return undefined;
        lost.add(what);
        return { kind: 'lost' };
      });
      await store.put('parts', large);
      expect(proxy.faults).toBe(2);
      expect(Buffer.compare(await store.get('parts'), large)).toBe(0);
    });

    it('an upload in pieces that a cleanup removed as abandoned is made again', async () => {
      let made = 0;
      const { store, proxy } = await through(({ method = '', url = '' }) => {
        const isEnd = method === 'POST' && /uploadId=/.test(url);
        return isEnd && made === 1
          ? { kind: 'refused', status: 404, body: '<Error><Code>NoSuchUpload</Code></Error>' }
          : undefined;
      });
      await store.putPieces('pieces', async function* () {
        made++;
        for (let piece = 1; piece <= 5; piece++) yield new Uint8Array(partBytes / 4).fill(piece);
      });
      expect(proxy.faults).toBe(1);
      expect(made).toBe(2);
      expect(await store.size('pieces')).toBe((5 * partBytes) / 4);
      expect((await store.get('pieces')).at(-1)).toBe(5);
    });

    it.each([
      ['ExpiredToken', /session token .* has expired/],
      ['QuotaExceeded', /bucket is full/],
    ])('what somebody will put right is worth a retry: %s', async (code, what) => {
      const body = `<Error><Code>${code}</Code><Message>not now</Message></Error>`;
      const { store } = await through(() => ({ kind: 'refused', status: 403, body }));
      await expect(store.put('a', bytesOf('x'))).rejects.toMatchObject({
        code: 'STORE_FAILED',
        retryable: true,
        message: expect.stringMatching(what) as string,
      });
    });

    it('an upload that fails leaves no parts', async () => {
      let begun = 0;
      const { store } = await through(({ method, url = '' }) => {
        if (method === 'POST' && url.includes('?uploads')) begun++;
        return url.includes('partNumber=2') && begun === 1
          ? { kind: 'refused', status: 403, body: '<Error><Code>QuotaExceeded</Code></Error>' }
          : undefined;
      });
      await expect(store.put('left', new Uint8Array(3 * partBytes))).rejects.toMatchObject({
        code: 'STORE_FAILED',
        message: expect.stringContaining('the bucket is full') as string,
      });
      const failing = async function* (): AsyncIterable<Uint8Array> {
        yield new Uint8Array(2 * partBytes + 1);
        throw new Error('no more');
      };
      await expect(store.putPieces('left', failing)).rejects.toThrowError('no more');
      expect(begun).toBe(2);
      const admin = await openS3Client(s3Location('s3://tandem', { endpoint }), owner);
      onTestFinished(() => admin.destroy());
      const { Uploads = [] } = await admin.listMultipartUploads({ Bucket: 'tandem', Prefix: 'faulty/left' });
      expect(Uploads).toEqual([]);
      expect(await store.size('left')).toBeUndefined();
    });

    it('reading a blob in pieces fails, worth a retry, if it is replaced between two of them', async () => {
      const direct = openForTest('tandem/faulty');
      await direct.put('replaced-pieces', new Uint8Array(partBytes + 5).fill(1));
      let replaced: Promise<void> | undefined;
      const { store } = await through(({ headers }) => {
        if (headers.range?.startsWith(`bytes=${partBytes}-`) !== true || replaced) return undefined;
        replaced = direct.put('replaced-pieces', new Uint8Array(partBytes + 5).fill(2));
        return { kind: 'delayed', until: replaced };
      });
      await expect(all(store.getPieces('replaced-pieces'))).rejects.toMatchObject({
        code: 'STORE_FAILED',
        retryable: true,
      });
      expect(replaced).toBeDefined();
    });

    it.each([partBytes + 7, partBytes - 7])(
      'a blob replaced between two parts by one of %d bytes is read again from its start',
      async (length) => {
        const before = new Uint8Array(partBytes + 5).fill(1);
        const after = new Uint8Array(length).fill(2);
        const direct = openForTest('tandem/faulty');
        await direct.put('replaced', before);
        let replaced: Promise<void> | undefined;
        const { store } = await through(({ headers }) => {
          if (headers.range?.startsWith(`bytes=${partBytes}-`) !== true || replaced) return undefined;
          replaced = direct.put('replaced', after);
          return { kind: 'delayed', until: replaced };
        });
        expect(Buffer.compare(await store.get('replaced'), after)).toBe(0);
        expect(replaced).toBeDefined();
      },
    );

    it('batched removals carry the MD5 that older servers require', async () => {
      const sums: unknown[] = [];
      const { store } = await through(({ method, headers }) => {
        if (method === 'POST') sums.push(headers['content-md5']);
        return undefined;
      });
      await store.put('batch/a', bytesOf('x'));
      await store.removeAll('batch/');
      expect(sums).toEqual([expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/)]);
    });

    it('the writer that won a key still wins if the answer is lost', async () => {
      const { store, proxy } = await through(({ method }, count) =>
        method === 'PUT' && count === 1 ? { kind: 'lost' } : undefined,
      );
      expect(await store.putIfAbsent('won', bytesOf('mine'))).toBe(true);
      expect(proxy.faults).toBe(1);
      expect(await store.putIfAbsent('won', bytesOf('mine'))).toBe(false);
    });

    it('a conflict with an unfinished write is tried again', async () => {
      const conflict = {
        kind: 'refused',
        status: 409,
        body: '<Error><Code>ConditionalRequestConflict</Code></Error>',
      } as const;
      const { store, proxy } = await through((_, count) => (count < 3 ? conflict : undefined));
      expect(await store.putIfAbsent('conflict', bytesOf('x'))).toBe(true);
      expect(proxy.faults).toBe(2);
    });

    it('a server without conditional writes is STORE_FAILED, with what to do', async () => {
      const refusal = { kind: 'refused', status: 501, body: '<Error><Code>NotImplemented</Code></Error>' } as const;
      const { store, proxy } = await through(({ headers }) => (headers['if-none-match'] ? refusal : undefined));
      await expect(store.probe()).rejects.toMatchObject({
        code: 'STORE_FAILED',
        help: expect.stringContaining('If-None-Match') as string,
      });
      expect(proxy.faults).toBeGreaterThan(0);
    });
  });

  it('the AWS SDK prints no warning', () => {
    expect(warnings.filter((line) => line.includes('AWS SDK'))).toEqual([]);
  });
});
