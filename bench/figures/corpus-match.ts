import { tmpdir } from 'node:os';
import type { CaptionPair } from '#corpus/curate/caption-source.js';
import { curatePairs } from '#corpus/curate/curation.js';
import { matchPairs } from '#corpus/curate/matched-pairs.js';
import { pairDraws } from '#corpus/curate/pair-draws.js';
import type { Measurement } from '../figure.js';
import { measurementAgainst, turnCount } from '../turns.js';
import { mebibyte, peakBytes } from '../workload/process-memory.js';
import { wordNetCaptions, wordNetQueries } from '../workload/word-net-captions.js';

const queryCount = 500_000;

/**
 * Captions matched and balanced in a second of CPU time, the loading of queries left out: each is matched, its matches
 * go to disk and come back, and its draws are made.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  const captions = wordNetCaptions();
  const queries = wordNetQueries(captions, queryCount);
  const pairs: readonly CaptionPair[] = captions.map((caption, at) => ({ key: `pair-${at}`, captions: [caption] }));
  const draws = pairDraws(1, queries);
  const rates: number[] = [];
  for (let turn = 0; turn <= turnCount; turn++) {
    let loadedAt = process.cpuUsage();
    async function* source(): AsyncGenerator<readonly CaptionPair[]> {
      loadedAt = process.cpuUsage();
      yield pairs;
    }
    const matched = await matchPairs(source, queries, draws, { ignoreCase: false, scratch: tmpdir() });
    curatePairs(matched, { method: 'balance', perQuery: 100 }, draws);
    const { user, system } = process.cpuUsage(loadedAt);
    matched.spool.close();
    if (turn > 0) rates.push(pairs.length / ((user + system) / 1e6)); // The first lets V8 compile the code.
  }
  yield measurementAgainst(100_000, 'corpus/match', 'captions/s', rates);
  yield measurementAgainst(2, 'corpus/match/memory', 'GiB', [peakBytes(process.pid) / (1024 * mebibyte)]);
}
