// Goal: a download that is killed goes on where it ended, and ends with the same files. Method: the command as a
// process, with a server that counts what it is asked for.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startCommand, type RunningCommand } from '../support/command.js';
import { startPictureServer } from '../support/servers/picture-server.js';

let root: string;
const commands: RunningCommand[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-killed-'));
});
afterEach(async () => {
  for (const command of commands.splice(0)) await command.close();
  await rm(root, { recursive: true, force: true });
});

const pictures = 120;
const connections = 4;

async function start(target: string, ...more: readonly string[]): Promise<RunningCommand> {
  const args = ['dataset', 'download', join(root, 'list.csv'), join(root, target), '--allow-private', ...more];
  const command = await startCommand([...args, '--shard-pictures', '50', '--connections', `${connections}`, '--json']);
  commands.push(command);
  return command;
}

const filesOf = async (target: string): Promise<[string, string][]> => {
  const names = (await readdir(join(root, target))).sort();
  return Promise.all(names.map(async (name) => [name, (await readFile(join(root, target, name))).toString('latin1')]));
};

it('after SIGKILL, pictures that were stored are not asked for again, and the tars are those of one call', async () => {
  const server = await startPictureServer({}, { pace: { answerMs: 10 } });
  try {
    const rows = Array.from({ length: pictures }, (_, at) => `${server.url}/ok/${at}.jpg,picture ${at}\n`);
    await writeFile(join(root, 'list.csv'), ['url,caption\n', ...rows].join(''));
    for (const stop of [20, 45, 90]) {
      const command = await start('killed');
      await expect.poll(() => total(server.asked), { timeout: 30_000, interval: 1 }).toBeGreaterThan(stop);
      command.kill('SIGKILL');
      await command.exit;
    }
    const last = await start('killed');
    expect(await last.exit).toBe(0);
    expect(JSON.parse(last.stdout())).toMatchObject({ pictures, stored: pictures, unsettled: 0, failed: [] });
    // A kill costs what was under way: as many pictures as there are connections, asked for or just being stored.
    expect(total(server.asked)).toBeLessThanOrEqual(pictures + 3 * 2 * connections);
    const whole = await start('whole');
    expect(await whole.exit).toBe(0);
    expect(await filesOf('killed')).toEqual(await filesOf('whole'));
  } finally {
    await server.close();
  }
});

it('Ctrl-C keeps what was downloaded, and the same command goes on', async () => {
  const server = await startPictureServer({}, { pace: { answerMs: 10 } });
  try {
    const rows = Array.from({ length: pictures }, (_, at) => `${server.url}/ok/${at}.jpg,picture ${at}\n`);
    await writeFile(join(root, 'list.csv'), ['url,caption\n', ...rows].join(''));
    const first = await start('out');
    await expect.poll(() => total(server.asked), { timeout: 30_000, interval: 1 }).toBeGreaterThan(30);
    first.kill('SIGINT');
    expect(await first.exit).toBe(130);
    expect(first.output()).toContain('what was downloaded is kept');
    const before = total(server.asked);
    const second = await start('out');
    expect(await second.exit).toBe(0);
    expect(JSON.parse(second.stdout())).toMatchObject({ pictures, stored: pictures });
    expect(total(server.asked)).toBeLessThanOrEqual(pictures + 2 * connections);
    expect(before).toBeLessThan(pictures);
  } finally {
    await server.close();
  }
});

/** Requests for pictures. */
function total(asked: ReadonlyMap<string, number>): number {
  return [...asked].reduce((sum, [path, count]) => sum + (path.startsWith('/ok/') ? count : 0), 0);
}
