import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** Main memory of the machine, or of the control group (container, service) that limits it more. */
export interface FreeMemory {
  readonly limit: 'machine' | 'control group';
  readonly totalBytes: number;
  /** What can be allocated without taking memory from other programs. Files that the system caches count as free. */
  readonly availableBytes: number;
}

/**
 * The memory of the machine or of a control group of this process, whichever has the least available. On systems other
 * than Linux it is what Node.js reports.
 */
export function readFreeMemory(root = '/'): FreeMemory {
  const machine = machineMemory(root);
  const groups = controlGroups(root).filter(({ totalBytes }) => totalBytes < machine.totalBytes);
  return groups.reduce<FreeMemory>(
    (tightest, group) => (group.availableBytes < tightest.availableBytes ? group : tightest),
    machine,
  );
}

function machineMemory(root: string): FreeMemory {
  const text = textOf(join(root, 'proc/meminfo'));
  const bytes = (field: string): number | undefined =>
    numberIn(text, new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm'), 1024);
  return {
    limit: 'machine',
    totalBytes: bytes('MemTotal') ?? totalmem(),
    availableBytes: bytes('MemAvailable') ?? freemem(),
  };
}

interface Hierarchy {
  readonly mount: string;
  readonly limit: string;
  readonly usage: string;
  /** The field of memory.stat for cached pages of files that were not used recently. */
  readonly cache: string;
}
const version1: Hierarchy = {
  mount: 'sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  cache: 'total_inactive_file',
};
const version2: Hierarchy = {
  mount: 'sys/fs/cgroup',
  limit: 'memory.max',
  usage: 'memory.current',
  cache: 'inactive_file',
};

/** The control groups with a limit. Source: Linux, Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst. */
function controlGroups(root: string): FreeMemory[] {
  return textOf(join(root, 'proc/self/cgroup'))
    .split('\n')
    .flatMap((line) => {
      const [, controllers = '', path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
      if (path === undefined || (controllers !== '' && !controllers.split(',').includes('memory'))) return [];
      const hierarchy = controllers === '' ? version2 : version1;
      return withParents(path).flatMap((group) => groupMemory(join(root, hierarchy.mount, group), hierarchy));
    });
}

function groupMemory(folder: string, { limit, usage, cache }: Hierarchy): FreeMemory[] {
  const totalBytes = numberIn(textOf(join(folder, limit)), /^(\d+)$/m);
  const usedBytes = numberIn(textOf(join(folder, usage)), /^(\d+)$/m);
  if (totalBytes === undefined || usedBytes === undefined) return [];
  const cachedBytes = numberIn(textOf(join(folder, 'memory.stat')), new RegExp(`^${cache} (\\d+)$`, 'm')) ?? 0;
  return [{ limit: 'control group', totalBytes, availableBytes: Math.max(0, totalBytes - usedBytes + cachedBytes) }];
}

/** A group and all groups that contain it, because their limits apply to it too. */
function withParents(path: string): string[] {
  return path === '/' ? [path] : [path, ...withParents(dirname(path))];
}

function numberIn(text: string, pattern: RegExp, factor = 1): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found) * factor;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
