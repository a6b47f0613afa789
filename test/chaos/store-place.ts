import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openStore, type StoreAccess } from '#store/open-store.js';
import { openS3Client } from '#store/s3/s3-client.js';
import { s3Location } from '#store/s3/s3-location.js';
import type { Store } from '#store/store.js';
import { startFaultyProxy, type Fault } from '../support/servers/faulty-proxy.js';
import { startRadosgw } from '../support/servers/radosgw.js';
import type { StoreKind } from './kinds.js';

/** Where the store is, and what chaos can do to it. */
export interface StorePlace {
  readonly url: string;
  /** The settings that processes need to reach it. */
  readonly environment: Readonly<Record<string, string>>;
  /** The store without any faults on the way. */
  readonly store: Store;
  /** A directory beside the store, on the same file system, which may be filled. Undefined if it may not. */
  readonly disk: string | undefined;
  /** Requests go wrong as `fault` says, until it is set to undefined. Does nothing where there is no proxy. */
  setFault(fault: RequestFault | undefined): void;
  /** How many requests have gone wrong. */
  faults(): number;
  stop(): Promise<void>;
}

export interface StoreRequest {
  readonly method: string;
  readonly path: string;
}
export type RequestFault = (request: StoreRequest) => Fault | undefined;

/** The size of the disk: a few times what the run keeps on it. */
const diskBytes = 128 * 2 ** 20;
const bucket = 'chaos';

/** Throws if there is no S3 server to be had. */
export function openPlace(kind: StoreKind, folder: string): Promise<StorePlace> {
  return kind === 's3' ? openS3Place() : openFilePlace(join(folder, 'disk'));
}

/**
 * A directory, on a small file system of its own if this process may mount one: scripts/chaos.mjs starts it in a
 * mount namespace, which goes with its processes.
 */
async function openFilePlace(disk: string): Promise<StorePlace> {
  await mkdir(disk, { recursive: true });
  const ownDisk = mayFillDisks();
  if (ownDisk) await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'chaos', disk]);
  const store = openStore(join(disk, 'store'));
  return {
    url: store.url,
    environment: {},
    store,
    disk: ownDisk ? disk : undefined,
    setFault: () => undefined,
    faults: () => 0,
    async stop() {
      await store.close();
      if (ownDisk) await promisify(execFile)('umount', ['--lazy', disk]);
    },
  };
}

async function openS3Place(): Promise<StorePlace> {
  const server = await startRadosgw();
  if (server.kind === 'unavailable') throw new Error(`There is no S3 server: ${server.reason}`);
  const { endpoint, owner } = server;
  const admin = await openS3Client(s3Location(`s3://${bucket}`, { endpoint }), owner);
  await admin.createBucket({ Bucket: bucket });
  admin.destroy();
  let fault: RequestFault | undefined;
  const proxy = await startFaultyProxy(endpoint, ({ method = '', url = '' }) => fault?.({ method, path: url }));
  const access: StoreAccess = { ...owner, region: 'us-east-1' };
  const store = openStore(`s3://${bucket}/pool`, { ...access, endpoint });
  return {
    url: `s3://${bucket}/pool`,
    environment: {
      TANDEM_S3_ENDPOINT: proxy.endpoint,
      TANDEM_S3_REGION: 'us-east-1',
      TANDEM_S3_ACCESS_KEY_ID: owner.accessKeyId,
      TANDEM_S3_SECRET_ACCESS_KEY: owner.secretAccessKey,
    },
    store,
    disk: undefined,
    setFault: (next) => void (fault = next),
    faults: () => proxy.faults,
    async stop() {
      await store.close();
      await proxy.stop();
      await server.stop();
    },
  };
}

/** Whether this process is in a mount namespace of its own, as scripts/chaos.mjs starts it where the system allows. */
export function mayFillDisks(): boolean {
  return process.env['CHAOS_MAY_MOUNT'] === 'yes';
}
