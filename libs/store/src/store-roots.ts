import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { ignoreMissing } from './file/file-error.js';
import { placeOf, type Place, type StoreAccess } from './open-store.js';

/**
 * The places that run documents of other people may refer to, including everything below them: `any`, or a list of
 * store URLs.
 */
export type StoreRoots = 'any' | readonly string[];

/**
 * Whether `url` is one of `roots` or below one. Symbolic links in both are resolved first. Nothing is created and no
 * file is opened. False if a path cannot be resolved. Throws CONFIG_INVALID if `url` is not a store URL.
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
  const [inner, outer] = await Promise.all([resolved(place.directory), resolved(root.directory)]);
  return (
    inner !== undefined &&
    outer !== undefined &&
    (inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep))
  );
}

/**
 * The path with its symbolic links resolved; its last parts need not exist yet. Undefined if it leads through something
 * that is not a folder, or through a dangling link.
 */
async function resolved(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let above = path; ; above = dirname(above)) {
    const real = await realpath(above)
      .catch(ignoreMissing)
      .catch(() => null);
    if (real === null) return undefined;
    if (real !== undefined) return join(real, ...missing);
    // A dangling link: whoever creates its target later decides where it leads.
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
