import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { ignoreMissing } from './file/file-error.js';
import { placeOf, type Place, type StoreAccess } from './open-store.js';

/** Places that documents of others may name, with all that is below them: `any`, or URLs of stores. */
export type StoreRoots = 'any' | readonly string[];

/**
 * Does `url` name one of `roots` or something below one? Links are followed first, of the root and of what is named;
 * nothing is made, and no file is opened. False where a path cannot be followed. Throws CONFIG_INVALID for a URL that
 * is none of a store.
 */
export async function isWithinRoots(url: string, roots: StoreRoots, access: StoreAccess): Promise<boolean> {
  const place = placeOf(url, access);
  if (roots === 'any') return true;
  for (const root of roots) {
    if (await isWithin(place, placeOf(root, access))) return true;
  }
  return false;
}

async function isWithin(place: Place, root: Place): Promise<boolean> {
  if (place.kind === 's3' && root.kind === 's3') {
    const [inner, outer] = [place.location, root.location];
    return inner.bucket === outer.bucket && (outer.prefix === '' || `${inner.prefix}/`.startsWith(`${outer.prefix}/`));
  }
  if (place.kind === 's3' || root.kind === 's3') return false;
  const [inner, outer] = await Promise.all([followed(place.directory), followed(root.directory)]);
  return (
    inner !== undefined &&
    outer !== undefined &&
    (inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep))
  );
}

/**
 * The path without links, its end possibly not there yet; undefined where it leads through what is no folder, or a link
 * to nothing.
 */
async function followed(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let above = path; ; above = dirname(above)) {
    const real = await realpath(above)
      .catch(ignoreMissing)
      .catch(() => null);
    if (real === null) return undefined;
    if (real !== undefined) return join(real, ...missing);
    // A link to what is not there: whoever makes that later decides where it leads.
    if (
      await lstat(above).then(
        () => true,
        () => false,
      )
    )
      return undefined;
    if (above === dirname(above)) return undefined;
    missing.unshift(above.slice(dirname(above).length).replace(/^[/\\]/, ''));
  }
}
