#!/usr/bin/env node
// The `tandem` command. If the clone is not built yet, it runs setup first, with its output on stderr.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/apps/cli/src/main.js', import.meta.url);
if (!existsSync(main)) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('setup.mjs', import.meta.url))], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
}
await import(main);
