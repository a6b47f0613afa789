import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { manifestKey } from '#data/dataset/dataset-manifest.js';
import { placesIn } from '#protocol/run/document-places.js';
import { configError } from '#protocol/run/config-problems.js';
import type { Problem } from '#protocol/tandem-error.js';
import { placeOf } from '#store/open-store.js';

export interface CheckOptions {
  /** The folder that the document's relative paths were seen from, for the message. */
  readonly folder: string;
  /** A run that is resumed has its weights in its checkpoints: those it began with may be gone. */
  readonly resumed: boolean;
}

/**
 * Throws CONFIG_INVALID that lists every data set and all weights that a document names in this machine's directories
 * and that are not there: at once, and not when the cluster has been started for nothing. The coordinator opens them
 * all before the first step, those on S3 too.
 */
export function checkPlacesHere(document: unknown, { folder, resumed }: CheckOptions): void {
  const problems = placesIn(document).flatMap(({ path, location }): Problem[] => {
    const place = placeOf(location);
    if (place.kind === 's3' || path === 'store') return [];
    const { directory } = place;
    if (path.startsWith('init')) {
      if (resumed || existsSync(directory)) return [];
      return [{ path, message: `expected weights at ${directory}, found nothing there` }];
    }
    if (existsSync(join(directory, manifestKey))) return [];
    const found = existsSync(directory) ? `found no ${manifestKey} in it` : 'found nothing there';
    return [{ path, message: `expected a data set at ${directory}, ${found}` }];
  });
  if (problems.length === 0) return;
  throw configError(
    'run document',
    problems,
    `Relative paths are seen from the document's folder, ${folder}. \`tandem dataset prepare\` makes a data set.`,
  );
}
