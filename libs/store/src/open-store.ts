import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openFileStore } from './file-store.js';
import { s3Location } from './s3-location.js';
import type { S3Access } from './s3-location.js';
import { openS3Store } from './s3-store.js';
import type { Store } from './store.js';

export type StoreAccess = S3Access;

/**
 * Open `file:DIR`, a plain path or `s3://bucket/prefix` (see s3Location for what may follow). Touches neither disk nor
 * network: `probe` does. Throws CONFIG_INVALID for a URL that is none of these.
 */
export function openStore(url: string, access: StoreAccess = {}): Store {
  if (url.startsWith('s3:')) return openS3Store(s3Location(url, access), access);
  if (url.startsWith('file://')) return openFileStore(resolve(fileURLToPath(url)));
  const path = url.startsWith('file:') ? url.slice('file:'.length) : url;
  // Two letters and more before the colon: one is a drive of Windows.
  if (path === '' || /^[A-Za-z][A-Za-z0-9+.-]+:/.test(path)) {
    throw new TandemError({ code: ErrorCode.ConfigInvalid, message: `Store: expected file:DIR, a directory or s3://BUCKET/PREFIX, got ${JSON.stringify(url)}.` });
  }
  return openFileStore(resolve(path));
}
