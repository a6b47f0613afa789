/** Runs before the measurement: V8 has compiled the code, and caches are full. */
const warmUps = 10;

/**
 * Seconds of CPU time that some work takes in all threads of this process, as the mean over `times` runs after a
 * warm-up. What else is on the machine counts little.
 */
export async function cpuSecondsOf(work: () => Promise<unknown>, times = 10, before = warmUps): Promise<number> {
  for (let time = 0; time < before; time++) await work();
  const start = process.cpuUsage();
  for (let time = 0; time < times; time++) await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6 / times;
}
