import { fileURLToPath } from 'node:url';

/** A store's URL as people type it: the path where it is one of this machine. */
export function placeText(url: string): string {
  if (url.startsWith('file://')) return fileURLToPath(url);
  return url.replace(/^file:/, '');
}
