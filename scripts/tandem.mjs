#!/usr/bin/env node
// The `tandem` command. If the clone is not built yet, it runs setup first, with its output on stderr.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// Node opens the files of a program side by side, and says of those that it may not open that they are not there.
const filesMin = 256;
if (openFilesMax() < filesMin) {
  process.stderr.write(
    `tandem: expected room for ${filesMin} open files, got a limit of ${openFilesMax()}\n` +
      '  Raise it: ulimit -n 4096 (LimitNOFILE= in a unit of systemd, --ulimit nofile= of Docker).\n',
  );
  process.exit(2);
}

const main = new URL('../dist/apps/cli/src/main.js', import.meta.url);
if (!existsSync(main)) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('setup.mjs', import.meta.url))], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
}
await import(main);

/** The limit of this process, where the system tells it. */
function openFilesMax() {
  try {
    const [, limit = Infinity] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return Number(limit);
  } catch {
    return Infinity;
  }
}
