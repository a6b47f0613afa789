import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openFileStore } from './file/file-store.js';
import { s3Location, type S3Access, type S3Location } from './s3/s3-location.js';
import { openS3Store } from './s3/s3-store.js';
import type { Store } from './store.js';

export type StoreAccess = S3Access;

/**
 * Open `file:DIR`, a plain path or `s3://bucket/prefix` (see s3Location for what may follow). Touches neither disk nor
 * network: `probe` does. Throws CONFIG_INVALID for a URL that is none of these.
 */
export function openStore(url: string, access: StoreAccess = {}): Store {
  const place = placeOf(url, access);
  return place.kind === 's3' ? openS3Store(place.location, access) : openFileStore(place.directory);
}

/** What a URL of a store, or of a file or folder in one, names. */
export type Place =
  { readonly kind: 's3'; readonly location: S3Location } | { readonly kind: 'file'; readonly directory: string };

/** Read `file:DIR`, a plain path or `s3://bucket/prefix`. Throws CONFIG_INVALID for a URL that is none of these. */
export function placeOf(url: string, access: StoreAccess = {}): Place {
  if (url.startsWith('s3:')) return { kind: 's3', location: s3Location(url, access) };
  const path = pathOf(url);
  // Two letters and more before the colon: one is a drive of Windows. A lone half of a surrogate pair is replaced by
  // Node: two names would be one.
  if (
    path === undefined ||
    path === '' ||
    /^[A-Za-z][A-Za-z0-9+.-]+:/.test(path) ||
    path.includes('\0') ||
    !path.isWellFormed()
  ) {
    const shown = JSON.stringify(url.slice(0, shownLengthMax));
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: `Store: expected file:DIR, a directory or s3://BUCKET/PREFIX, got ${shown}.`,
    });
  }
  return { kind: 'file', directory: resolve(path) };
}

const shownLengthMax = 200;

function pathOf(url: string): string | undefined {
  if (!url.startsWith('file://')) return url.startsWith('file:') ? url.slice('file:'.length) : url;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined; // another machine's, or with an encoded slash
  }
}
