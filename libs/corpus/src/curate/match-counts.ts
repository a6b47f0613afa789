import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { shownName } from '#protocol/input/shown.js';
import { keyOf, Kind, kindOf, nameOf, type CountEntry, type SortedCounts } from '../count/count-entry.js';
import { countsHeader, readCounts, writeCounts } from '../count/counts-file.js';
import { mergedCounts } from '../count/merge-counts.js';

/** Writes how many pairs match each query, so that those of other parts of the data can be added. */
export async function writeMatchCounts(
  path: string,
  queries: readonly string[],
  counts: ArrayLike<number>,
  ignoreCase: boolean,
): Promise<void> {
  async function* sorted(): SortedCounts {
    const entries: CountEntry[] = queries.map((query, at) => ({ name: nameOf(Kind.match, query), count: counts[at]! }));
    yield entries.filter(({ count }) => count > 0).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  await writeCounts(path, countsHeader(ignoreCase), sorted());
}

/** The sum of such files: [queries]. Throws DATA_INVALID where one counts queries that the list does not have. */
export async function readMatchCounts(
  paths: readonly string[],
  queries: readonly string[],
  ignoreCase: boolean,
): Promise<Float64Array> {
  const places = new Map(queries.map((query, at) => [query, at]));
  const counts = new Float64Array(queries.length);
  for await (const batch of mergedCounts(paths.map((path) => readCounts(path, countsHeader(ignoreCase)))))
    for (const entry of batch) {
      const place = kindOf(entry) === Kind.match ? places.get(keyOf(entry)) : undefined;
      if (place === undefined) throw otherQueries(paths, keyOf(entry));
      counts[place] = entry.count;
    }
  return counts;
}

function otherQueries(paths: readonly string[], query: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected counts of the queries of this list in ${paths.join(', ')}, got "${shownName(query)}".`,
    help: 'Count every part with the same list: `tandem dataset curate … --counts-out`.',
  });
}
