// Goal: a command that is killed with SIGKILL cannot clean up, so its reaper process does. Method: look for what could
// be left, which is the folder and the port of Redis.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';

it('nothing is left behind by a command killed with SIGKILL', async () => {
  const holder = spawn(
    process.execPath,
    [fileURLToPath(new URL('../support/servers/hold-redis.js', import.meta.url))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface({ input: holder.stdout }), 'line')) as [string];
  const { folder, url } = JSON.parse(line) as { readonly folder: string; readonly url: string };
  expect(existsSync(folder)).toBe(true);
  expect(await isListening(url)).toBe(true);

  holder.kill('SIGKILL');
  await vi.waitFor(async () => expect([existsSync(folder), await isListening(url)]).toEqual([false, false]), {
    timeout: 20_000,
    interval: 50,
  });
});

async function isListening(url: string): Promise<boolean> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const listening = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  });
  socket.destroy();
  return listening;
}
