import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOrtDevice } from '#engine/run/ort-device.js';
import type { Measurement } from '../figure.js';
import { inFreshProcess, onlyValue } from '../fresh-process.js';
import { measurementAgainst, TURNS } from '../turns.js';
import { buildTowers } from '../workload/build-towers.js';
import { MIB } from '../workload/process-memory.js';

export async function* measure(): AsyncGenerator<Measurement> {
  const builds: number[] = [];
  while (builds.length < TURNS) builds.push(await onlyValue(inFreshProcess<number>(new URL('../workload/build-towers.js', import.meta.url))));
  yield measurementAgainst(10, 'build/vit-b-32', 's', builds);
  yield measurementAgainst(2, 'build/vit-b-32/graph', 'MiB', [(await largestGraphBytes()) / MIB]);
}

/** A profile says how large the graphs are that were handed to ONNX Runtime. */
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
