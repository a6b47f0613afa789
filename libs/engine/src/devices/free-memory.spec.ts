// Goal: free memory is the least that the machine or a control group leaves. Method: a folder with files as Linux
// writes them.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { totalmem, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readFreeMemory } from './free-memory.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-free-memory-'));
  await files({ 'proc/meminfo': 'MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    9000 kB\n' });
});
afterEach(() => rm(root, { recursive: true }));

async function files(texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

const machine = { limit: 'machine', totalBytes: 16_000 * 1024, availableBytes: 9000 * 1024 };

it('free memory is what Linux calls available, on a machine without limits', async () => {
  await files({ 'proc/self/cgroup': '0::/\n' });
  expect(readFreeMemory(root)).toEqual(machine);
});

it('free memory respects cgroups of version 2 up to the root, and counts cached files as free', async () => {
  await files({
    'proc/self/cgroup': '0::/service/worker\n',
    'sys/fs/cgroup/service/worker/memory.max': 'max\n',
    'sys/fs/cgroup/service/worker/memory.current': '500\n',
    'sys/fs/cgroup/service/memory.max': '1000000\n',
    'sys/fs/cgroup/service/memory.current': '700000\n',
    'sys/fs/cgroup/service/memory.stat': 'anon 1\nfile 9\nactive_file 7\ninactive_file 50000\n',
  });
  expect(readFreeMemory(root)).toEqual({ limit: 'control group', totalBytes: 1_000_000, availableBytes: 350_000 });
});

it('free memory respects limits of cgroups of version 1, but ignores a limit above what the machine has', async () => {
  await files({
    'proc/self/cgroup': '5:cpu:/x\n4:memory:/container\n0::/\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    'sys/fs/cgroup/memory/memory.usage_in_bytes': '12\n',
    'sys/fs/cgroup/memory/container/memory.limit_in_bytes': '8000000\n',
    'sys/fs/cgroup/memory/container/memory.usage_in_bytes': '3000000\n',
    'sys/fs/cgroup/memory/container/memory.stat': 'cache 9\ninactive_file 9\ntotal_inactive_file 1000\n',
  });
  expect(readFreeMemory(root)).toEqual({ limit: 'control group', totalBytes: 8_000_000, availableBytes: 5_001_000 });
});

it("free memory is the machine's if a group has more left than the machine", async () => {
  await files({
    'proc/self/cgroup': '0::/a\n',
    'sys/fs/cgroup/a/memory.max': `${15_000 * 1024}\n`,
    'sys/fs/cgroup/a/memory.current': '1024\n',
  });
  expect(readFreeMemory(root)).toEqual(machine);
});

it('free memory is what Node.js reports if there is no /proc', async () => {
  await rm(join(root, 'proc'), { recursive: true });
  const { limit, totalBytes, availableBytes } = readFreeMemory(root);
  expect([limit, totalBytes]).toEqual(['machine', totalmem()]);
  expect(availableBytes).toBeGreaterThan(0);
});
