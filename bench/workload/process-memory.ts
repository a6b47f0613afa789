import { readFileSync } from 'node:fs';
import { garbageCollector } from '#engine/garbage-collector.js';

export const mebibyte = 2 ** 20;

/** Peak memory of a process since it started, in bytes. Linux only. */
export function peakBytes(pid: number): number {
  return bytesOf(pid, ['VmHWM']);
}

/** Memory of a process, in bytes, without the pages of programs and libraries. Linux only. */
export function ownBytesOf(pid: number): number {
  return bytesOf(pid, ['RssAnon', 'RssShmem']);
}

const sampleMs = 5;

/**
 * The result of `work`, and by how many bytes this process grew during it, from its size after a garbage collection to
 * its peak. Only the memory of the process itself is counted, sampled every few milliseconds, because the system loads
 * and drops pages of programs and libraries as it likes. Linux only.
 */
export async function growthOf<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly grownBytes: number }> {
  const ownBytes = (): number => bytesOf('self', ['RssAnon', 'RssShmem']);
  garbageCollector()();
  const before = ownBytes();
  let most = before;
  const sample = (): void => void (most = Math.max(most, ownBytes()));
  const timer = setInterval(sample, sampleMs);
  try {
    const result = await work();
    sample();
    return { result, grownBytes: most - before };
  } finally {
    clearInterval(timer);
  }
}

function bytesOf(pid: number | 'self', fields: readonly string[]): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return fields.reduce((sum, field) => {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status);
    if (!found) throw new Error(`expected ${field} in /proc/${pid}/status, got none`);
    return sum + Number(found[1]) * 1024;
  }, 0);
}
