import type { Measurement } from '../figure.js';
import { inFreshProcess, onlyValue } from '../fresh-process.js';
import { measurementAgainst, TURNS } from '../turns.js';

export async function* measure(): AsyncGenerator<Measurement> {
  const builds: number[] = [];
  while (builds.length < TURNS) builds.push(await onlyValue(inFreshProcess<number>(new URL('../workload/build-towers.js', import.meta.url))));
  yield measurementAgainst(10, 'build/vit-b-32', 's', builds);
}
