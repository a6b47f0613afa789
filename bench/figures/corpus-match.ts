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
 * Captions matched and balanced in a second of CPU time, without the loading of queries, in one curation: each caption
 * is matched, its matches go to disk and come back, and its draws are made. The first turn lets V8 compile the code.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  const captions = wordNetCaptions();
  const queries = wordNetQueries(captions, queryCount);
  const draws = pairDraws(1, queries);
  const matchSeconds: number[] = [];

  async function* source(): AsyncGenerator<readonly CaptionPair[]> {
    for (let turn = 0; turn <= turnCount; turn++) {
      const pairs = captions.map((caption, at) => ({ key: `${turn}-${at}`, captions: [caption] }));
      const before = cpuSeconds();
      yield pairs;
      matchSeconds.push(cpuSeconds() - before);
    }
  }

  const matched = await matchPairs(source, queries, draws, { ignoreCase: false, scratch: tmpdir() });
  const before = cpuSeconds();
  curatePairs(matched, { method: 'balance', perQuery: 600 }, draws);
  const curateSeconds = (cpuSeconds() - before) / matchSeconds.length;
  matched.spool.close();
  const rates = matchSeconds.slice(1).map((seconds) => captions.length / (seconds + curateSeconds));
  yield measurementAgainst(100_000, 'corpus/match', 'captions/s', rates);
  yield measurementAgainst(2, 'corpus/match/memory', 'GiB', [peakBytes(process.pid) / (1024 * mebibyte)]);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
