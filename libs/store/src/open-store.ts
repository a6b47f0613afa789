import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutSecrets } from '#protocol/input/hidden-secrets.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openFileStore } from './file/file-store.js';
import { s3Location, type S3Access, type S3Location } from './s3/s3-location.js';
import { openS3Store } from './s3/s3-store.js';
import type { Store } from './store.js';

export type StoreAccess = S3Access;

/**
 * Opens a store at `file:DIR`, a plain path or `s3://bucket/prefix` (s3Location lists the options of an S3 URL).
 * Opening touches neither disk nor network; `probe` does. Throws CONFIG_INVALID for any other URL.
 */
export function openStore(url: string, access: StoreAccess = {}): Store {
  const place = placeOf(url, access);
  return place.kind === 's3' ? openS3Store(place.location, access) : openFileStore(place.directory);
}

/** What the URL of a store, or of a file or folder in one, refers to. */
export type Place =
  { readonly kind: 's3'; readonly location: S3Location } | { readonly kind: 'file'; readonly directory: string };

/** A store's URL as its `url` gives it, in however many ways it can be written. Throws as `placeOf` does. */
export function canonicalUrl(url: string, access: StoreAccess = {}): string {
  const place = placeOf(url, access);
  return place.kind === 's3' ? place.location.url : `file:${place.directory}`;
}

/** Parses `file:DIR`, a plain path or `s3://bucket/prefix`. Throws CONFIG_INVALID for any other URL. */
export function placeOf(url: string, access: StoreAccess = {}): Place {
  if (url.startsWith('s3:')) return { kind: 's3', location: s3Location(url, access) };
  const path = pathOf(url);
  // A URL scheme needs at least two letters here, since a single letter before the colon is a Windows drive. Paths that
  // are not well-formed Unicode are refused because Node replaces lone surrogates, so that two different names would
  // become one.
  if (
    path === undefined ||
    path === '' ||
    /^[A-Za-z][A-Za-z0-9+.-]+:/.test(path) ||
    path.includes('\0') ||
    !path.isWellFormed()
  ) {
    const shown = JSON.stringify(withoutSecrets(url).slice(0, shownLengthMax));
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
    const parsed = new URL(url);
    // What a ? or # begins is no part of the path: what is checked would not be what is opened.
    return parsed.search || parsed.hash || /[?#]$/.test(url) ? undefined : fileURLToPath(parsed);
  } catch {
    return undefined; // It names another host or contains an encoded slash.
  }
}
