import { readFileSync, writeFileSync } from 'node:fs';
import { garbageCollector } from '#engine/garbage-collector.js';

export const MIB = 2 ** 20;

/** Bytes of memory a process holds now, and the most it has held since it began. Linux only. */
export function processMemory(pid: number | 'self' = 'self'): { readonly residentBytes: number; readonly peakBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (field: string): number => {
    const found = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status);
    if (!found) throw new Error(`expected ${field} in /proc/${pid}/status, got none`);
    return Number(found[1]) * 1024;
  };
  return { residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
}

/** Bytes this process holds without garbage; its most is counted from here on. */
export function settledBytes(): number {
  garbageCollector()();
  writeFileSync('/proc/self/clear_refs', '5'); // Linux, Documentation/filesystems/proc.rst: resets VmHWM
  return processMemory().residentBytes;
}
