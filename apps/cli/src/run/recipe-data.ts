import { dirname, relative, resolve } from 'node:path';
import { datasetManifestSchema, manifestKey, parseDocument } from '#data/dataset/dataset-manifest.js';
import { datasetManifestBytesMax } from '#protocol/input/input-limits.js';
import { isRelativeLocation, locationFrom } from '#protocol/run/document-places.js';
import { getAtMost } from '#store/get-at-most.js';
import { openStore, placeOf, type StoreAccess } from '#store/open-store.js';
import { urlOf } from '#store/store-url.js';
import { heldOutPlace } from '../dataset/hold-out-place.js';
import type { RecipeData } from './recipes.js';

/**
 * The data sets that a recipe at `document` can name: `data`, a place as it is seen from here, or else the one that the
 * recipe says, and what `tandem dataset prepare --hold-out` has put beside it, if it has groups to evaluate with.
 */
export async function recipeData(
  {
    document,
    data,
    otherwise,
  }: { readonly document: string; readonly data: string | undefined; readonly otherwise: string },
  access: StoreAccess,
): Promise<RecipeData> {
  const folder = dirname(resolve(document));
  const train = data === undefined ? locationFrom(folder, otherwise) : locationFrom(resolve(), data);
  // A bucket that nobody has named is an example in the recipe.
  if (data === undefined && placeOf(train, access).kind === 's3') return {};
  const apart = heldOutPlace(train, access);
  const heldOut = apart !== undefined && (await hasGroups(apart, access)) ? apart : undefined;
  return {
    ...(data !== undefined && { train: shown(folder, train, access) }),
    ...(heldOut !== undefined && { heldOut: shown(folder, heldOut, access) }),
  };
}

/** Is there a data set whose pairs have groups? */
async function hasGroups(location: string, access: StoreAccess): Promise<boolean> {
  const store = openStore(location, access);
  try {
    if ((await store.size(manifestKey)) === undefined) return false;
    const bytes = await getAtMost(store, manifestKey, datasetManifestBytesMax);
    return parseDocument(datasetManifestSchema, bytes, urlOf(store, manifestKey)).groups !== null;
  } finally {
    await store.close();
  }
}

/** A place as a document in `folder` names it: relative where it is below. */
function shown(folder: string, location: string, access: StoreAccess): string {
  const place = placeOf(location, access);
  if (place.kind === 's3') return location;
  const below = relative(folder, place.directory);
  return below === '' || below.startsWith('..') || !isRelativeLocation(below) ? place.directory : below;
}
