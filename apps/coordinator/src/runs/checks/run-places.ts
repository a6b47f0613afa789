import type { RunConfig } from '#protocol/run/run-config.js';
import type { DownloadConfig } from '#protocol/document/download-config.js';
import type { QueriesConfig } from '#protocol/document/queries-config.js';
import { placesIn } from '#protocol/run/document-places.js';
import { shownJson } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { canonicalUrl, type StoreAccess } from '#store/open-store.js';
import { isWithinRoots, type StoreRoots } from '#store/store-roots.js';

/** The parts of a run document that name places to read from and to write to. */
export type RunPlaces = Partial<Pick<RunConfig, 'store' | 'data' | 'evaluation' | 'init'>> &
  Partial<Pick<DownloadConfig, 'download'>> &
  Partial<Pick<QueriesConfig, 'queries'>>;

/** The places that run documents may name, with everything below them. */
export interface PlaceRoots {
  /** The coordinator's own store. Every run may read from it and be kept in it. */
  readonly store: string;
  readonly dataRoots: StoreRoots;
  readonly storeRoots: StoreRoots;
}

/** Throws CONFIG_INVALID that lists each place outside the roots. Touches none of them. */
export async function checkPlaces(
  { store, ...read }: RunPlaces,
  roots: PlaceRoots,
  access: StoreAccess,
): Promise<void> {
  const readable =
    roots.dataRoots === 'any'
      ? roots.dataRoots
      : [...roots.dataRoots, ...(roots.storeRoots === 'any' ? [] : roots.storeRoots), roots.store];
  const readRule = { roots: readable, setting: 'TANDEM_DATA_ROOTS' };
  const places = [
    ...(store === undefined || canonicalUrl(store, access) === roots.store
      ? []
      : [{ path: 'store', url: store, roots: roots.storeRoots, setting: 'TANDEM_STORE_ROOTS' }]),
    ...placesIn(read).map(({ path, location }) => ({ path, url: location, ...readRule })),
  ];
  const problems = [];
  for (const { path, url, roots: allowed, setting } of places) {
    if (await isWithinRoots(url, allowed, access)) continue;
    problems.push({
      path,
      message: `expected a place that this coordinator lets run documents name, got ${shownJson(url)} (${setting})`,
    });
  }
  if (problems.length === 0) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `The run document names ${problems.length} place${problems.length > 1 ? 's' : ''} outside the ` +
      `coordinator's ` +
      `roots:\n${problems.map(({ path, message }) => `  ${path}: ${message}`).join('\n')}`,
    help:
      'Whoever runs the coordinator opens places by TANDEM_DATA_ROOTS, to be read, and ' +
      'TANDEM_STORE_ROOTS, to be written: directories and s3://BUCKET/PREFIX with commas between, or ' +
      'any.',
    problems,
  });
}
