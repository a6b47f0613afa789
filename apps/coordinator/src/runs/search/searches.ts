import { availableParallelism } from 'node:os';
import type { FeaturesProgress, ImageSearch } from '#protocol/history/image-search.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { StoreAccess } from '#store/open-store.js';
import { passingThread } from '#threads/passing-thread.js';
import { startThread, type ThreadClient } from '#threads/thread-client.js';
import type { Failed, SearchedPlace, SearchThreadCall, SearchThreadResults } from './search-message.js';

/** Searches of data sets by text or image, in a thread that is there while anyone asks. */
export interface Searches {
  /**
   * Begins to compute the features of a data set's images, or goes on with it. It stops when nobody has asked for
   * anything for a minute; what is done is in the store. Throws THROTTLED while those of another one are computed,
   * CONFIG_INVALID for too many images, CONFLICT where memory has no room.
   */
  compute(place: SearchedPlace): Promise<FeaturesProgress>;
  progress(place: SearchedPlace): Promise<FeaturesProgress>;
  /** Throws CONFLICT if features are missing, DATA_INVALID if the image that is searched for cannot be read. */
  search(place: SearchedPlace, query: string | Uint8Array, count: number): Promise<ImageSearch>;
  /** An image of the data set at a URL as a small WebP file. Throws NOT_FOUND if it has none of this index. */
  picture(data: string, index: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Callers at once: one page asks for as many pictures as it shows. */
const callersMax = 64;
/** The model and the embeddings are kept so long after they were asked for last. */
const idleMs = 60_000;

export function openSearches(storeAccess: StoreAccess, threads: number = availableParallelism()): Searches {
  const thread = passingThread(
    () =>
      startThread<SearchThreadCall, SearchThreadResults>({
        entry: new URL('./search-thread.js', import.meta.url),
        failure: (message) =>
          new TandemError({ code: ErrorCode.Internal, message: `The thread that searches failed: ${message}` }),
      }),
    idleMs,
  );
  let callers = 0;
  const during = async <Result extends object>(
    work: (client: ThreadClient<SearchThreadCall, SearchThreadResults>) => Promise<Result | Failed>,
  ): Promise<Result> => {
    if (callers >= callersMax) throw tooManyCallers();
    callers += 1;
    try {
      const result = await thread.during(work);
      if ('failed' in result) throw TandemError.fromWire(result.failed);
      return result;
    } finally {
      callers -= 1;
    }
  };
  const terms = { storeAccess, threads };
  return {
    compute: (place) => during((client) => client.call({ kind: 'features', ...place, ...terms })),
    progress: (place) => during((client) => client.call({ kind: 'progress', ...place })),
    search: (place, query, count) =>
      during((client) => client.call({ kind: 'search', ...place, ...terms, query, count })),
    async picture(data, index) {
      return (await during((client) => client.call({ kind: 'picture', data, index, storeAccess }))).webp;
    },
    close: () => thread.close(),
  };
}

function tooManyCallers(): TandemError {
  return new TandemError({
    code: ErrorCode.Throttled,
    message: `Search: expected at most ${callersMax} calls at once, got more`,
    help: 'Try again in a moment.',
    retryable: true,
  });
}
