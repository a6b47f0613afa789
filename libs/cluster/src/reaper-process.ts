// The process of the reaper. It reads orders from standard input, one JSON document per line, and acts on them when the
// input ends.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { ReaperOrder } from './reaper.js';

const pids = new Set<number>();
const folders = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as ReaperOrder;
  switch (order.kind) {
    case 'watch':
      pids.add(order.pid);
      break;
    case 'forget':
      pids.delete(order.pid);
      break;
    case 'remove':
      folders.add(order.folder);
      break;
  }
}
for (const pid of pids) kill(pid);
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
