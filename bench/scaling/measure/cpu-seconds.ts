import { cpuSecondsOf } from '../../turns.js';

/** Runs before the measurement: V8 has compiled the code, and caches are full. */
const warmUps = 10;

/** Seconds of CPU time of some work in all threads of this process: the mean over `times` runs after a warm-up. */
export async function meanCpuSecondsOf(work: () => Promise<unknown>, times = 10, before = warmUps): Promise<number> {
  for (let time = 0; time < before; time++) await work();
  const seconds = await cpuSecondsOf(async () => {
    for (let time = 0; time < times; time++) await work();
  });
  return seconds / times;
}
