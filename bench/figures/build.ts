import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import type { Measurement } from '../figure.js';
import { inFreshProcess, onlyValue } from '../fresh-process.js';
import { measurementAgainst, measurementOf, turnCount, type Turn } from '../turns.js';
import { buildTowers } from '../workload/build-towers.js';
import { mebibyte } from '../workload/process-memory.js';

export async function* measure(): AsyncGenerator<Measurement> {
  const turns = await buildsWithAndWithoutCache();
  yield measurementAgainst(
    10,
    'build/vit-b-32',
    's',
    turns.map(({ reference }) => reference),
  );
  yield measurementOf('build/vit-b-32/cached', 's', turns);
  yield measurementAgainst(2, 'build/vit-b-32/graph', 'MiB', [(await largestGraphBytes()) / mebibyte]);
}

/**
 * Seconds to build both towers, each time in a new process: with a cache that another process has filled (the value)
 * and without a cache (the reference).
 */
async function buildsWithAndWithoutCache(): Promise<Turn[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-cache-'));
  const build = (cacheFolder?: string): Promise<number> =>
    onlyValue(inFreshProcess<number>(new URL('../workload/build-towers.js', import.meta.url), cacheFolder));
  try {
    await build(folder);
    const turns: Turn[] = [];
    while (turns.length < turnCount) turns.push({ reference: await build(), value: await build(folder) });
    return turns;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Size of the largest graph given to ONNX Runtime, as its profile tells. */
async function largestGraphBytes(): Promise<number> {
  const profileFolder = await mkdtemp(join(tmpdir(), 'tandem-bench-graphs-'));
  const device = openOrtDevice({ kind: 'cpu', threads: 1, profileFolder });
  try {
    await buildTowers(device);
    return Math.max(...(await device.takeProfiles()).map(({ graphBytes }) => graphBytes));
  } finally {
    await device.close();
    await rm(profileFolder, { recursive: true });
  }
}
