// Goal: the audit log keeps entries over restarts and cut lines, in bounded files, and gives them page by page.
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AuditEntry } from '#protocol/access/audit-entry.js';
import { openAuditLog, type AuditLog } from './audit-log.js';

let dataDir: string;
beforeEach(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'tandem-audit-'))));
afterEach(() => rm(dataDir, { recursive: true }));

const entry = (subject: string): Omit<AuditEntry, 'number'> => ({
  at: '2026-01-01T00:00:00.000Z',
  key: { id: 'key-1', name: 'ci', scope: 'submit' },
  session: false,
  address: '10.0.0.1',
  action: 'POST /v1/runs',
  subject,
  status: 201,
  requestId: 'r',
});
const failing = (error: Error): never => {
  throw error;
};

function open(limits: { fileBytesMax?: number; filesMax?: number } = {}): Promise<AuditLog> {
  return openAuditLog({ dataDir, onError: failing, ...limits });
}

async function all(log: AuditLog, limit: number): Promise<{ number: number; subject: string | null }[]> {
  const found: { number: number; subject: string | null }[] = [];
  for (let before: number | null | undefined; before !== null;) {
    const page = await log.page(limit, before);
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    found.push(...page.entries);
    before = page.next;
  }
  return found;
}

it('entries are numbered, and come back the newest first in pages of any size', async () => {
  const log = await open({ fileBytesMax: 600 });
  for (let at = 1; at <= 10; at++) {
    log.add(entry(`run-${at}`));
    if (at % 3 === 0) await log.page(1); // Written in between, so that there are several files.
  }
  const wanted = Array.from({ length: 10 }, (_, at) => ({ number: 10 - at, subject: `run-${10 - at}` }));
  for (const limit of [1, 3, 10, 100]) expect(await all(log, limit)).toMatchObject(wanted);
  expect((await readdir(join(dataDir, 'audit'))).length).toBeGreaterThan(1);
  expect((await log.page(100)).next).toBeNull();
});

it('a restart goes on with the numbers, and leaves out a line that was cut short', async () => {
  const log = await open();
  log.add(entry('before'));
  await log.close();
  const [file] = await readdir(join(dataDir, 'audit'));
  const path = join(dataDir, 'audit', file!);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await appendFile(path, (await readFile(path, 'utf8')).slice(0, 50));
  const next = await open();
  next.add(entry('after'));
  expect(await all(next, 10)).toMatchObject([
    { number: 2, subject: 'after' },
    { number: 1, subject: 'before' },
  ]);
});

it('there are only so many files, and the oldest goes', async () => {
  const log = await open({ fileBytesMax: 1, filesMax: 3 });
  for (let at = 1; at <= 8; at++) {
    log.add(entry(`run-${at}`));
    await log.page(1);
  }
  expect((await readdir(join(dataDir, 'audit'))).length).toBe(3);
  expect((await all(log, 10)).map(({ number }) => number)).toEqual([8, 7, 6]);
});

it('entries that cannot be written are reported, and those after them are written', async () => {
  const errors: string[] = [];
  const log = await openAuditLog({ dataDir, onError: ({ message }) => void errors.push(message) });
  await rm(join(dataDir, 'audit'), { recursive: true });
  log.add(entry('lost'));
  await log.close();
  expect(errors).toEqual([expect.stringContaining('expected to write 1 entries')]);
});

it('a directory that cannot be written is refused at the start', async () => {
  await writeFile(join(dataDir, 'audit'), 'a file');
  await expect(open()).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    help: expect.stringContaining('TANDEM_DATA_DIR'),
  });
});
