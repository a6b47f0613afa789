import type { Store } from './store.js';

/** The URL of one blob or folder of a store: what errors and people name it by. */
export function urlOf(store: Pick<Store, 'url'>, key: string): string {
  return joinUrl(store.url, key);
}

/** `key` below `url`, before the query an S3 URL may carry. */
export function joinUrl(url: string, key: string): string {
  if (key === '') return url;
  const query = url.startsWith('s3:') ? url.indexOf('?') : -1;
  const [path, rest] = query < 0 ? [url, ''] : [url.slice(0, query), url.slice(query)];
  return `${path.endsWith('/') ? path.slice(0, -1) : path}/${key}${rest}`;
}
