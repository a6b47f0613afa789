import type { Store } from './store.js';

/** The URL of a blob or folder in a store, as errors and people refer to it. */
export function urlOf(store: Pick<Store, 'url'>, key: string): string {
  return joinUrl(store.url, key);
}

/** Appends `key` to `url`, before the query that an S3 URL may have. */
export function joinUrl(url: string, key: string): string {
  if (key === '') return url;
  const query = url.startsWith('s3:') ? url.indexOf('?') : -1;
  const [path, rest] = query < 0 ? [url, ''] : [url.slice(0, query), url.slice(query)];
  return `${path.endsWith('/') ? path.slice(0, -1) : path}/${key}${rest}`;
}

/**
 * The URL of the store around a URL's last name, and that name: `s3://bucket/a/b?region=x` →
 * `s3://bucket/a?region=x` and `b`; likewise for paths and `file:` URLs.
 */
export function splitUrl(url: string): { readonly storeUrl: string; readonly name: string } {
  const query = url.startsWith('s3:') ? (/\?.*$/.exec(url)?.[0] ?? '') : '';
  const path = url.slice(0, url.length - query.length).replace(/\/+$/, '');
  const slash = path.lastIndexOf('/');
  if (slash < 0) return { storeUrl: /^file:/.test(path) ? 'file:.' : '.', name: path.replace(/^file:/, '') };
  const storeUrl = path.slice(0, slash);
  return {
    storeUrl: `${storeUrl === '' || storeUrl === 'file:' ? `${storeUrl}/` : storeUrl}${query}`,
    name: path.slice(slash + 1),
  };
}
