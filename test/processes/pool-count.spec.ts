// Goal: texts that a pool counts give the list of queries that one process gives, byte for byte, however many workers
// there are and whoever dies. Method: a real Redis and worker processes on the definitions of a small corpus.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseRunDocument } from '#protocol/document/run-document.js';
import { openStore } from '#store/open-store.js';
import { runKeys } from '#store/run/keys.js';
import type { RunEvent } from '../../apps/coordinator/src/training/run-event.js';
import { startCommand } from '../support/command.js';
import { startPool, type TestPool } from '../support/pool.js';

const files = 12;
let directory: string;
let pool: TestPool;
const at = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-pool-count-'));
  await mkdir(at('corpus'));
  for (let file = 0; file < files; file++) {
    const lines = Array.from({ length: 3000 }, (_, line) => `the ${file} small red fox of ${line % 97} and a cat\n`);
    const text = lines.join('');
    await writeFile(at(`corpus/${file}.txt${file % 2 === 0 ? '' : '.gz'}`), file % 2 === 0 ? text : gzipSync(text));
  }
  await writeFile(at('views'), 'en Red_fox 80 0\nbroken\nen Cat 90 0\n');
  pool = await startPool();
});
afterAll(async () => {
  await pool.stop();
  await rm(directory, { recursive: true });
});

/** The counts of each file, by their keys, after a run. */
async function count(
  id: string,
  limits: object,
  onEvent?: (event: RunEvent) => void,
): Promise<{ readonly counts: ReadonlyMap<string, string>; readonly events: readonly RunEvent[] }> {
  const queries = { sources: [at('corpus')], pageViews: [at('views')] };
  const config = parseRunDocument({ name: 'queries', store: at(id), queries, limits });
  const store = openStore(at(id));
  const events = await pool.train({ id, config, store, ...(onEvent && { onEvent }) });
  const counts = new Map<string, string>();
  const { countsPrefix, stepsPrefix } = runKeys(id);
  for await (const key of store.list(countsPrefix))
    counts.set(key.slice(countsPrefix.length), Buffer.from(await store.get(key)).toString('latin1'));
  for await (const key of store.list(stepsPrefix)) expect(key).toBe('nothing of the tasks');
  await store.close();
  return { counts, events };
}

it('are the same from one, two and three workers, one of which is killed, and where all are verified', async () => {
  await pool.addWorker();
  const one = await count('one', {});
  expect(one.counts.size).toBe(2 * (files + 1));
  expect(one.events[0]).toEqual({ kind: 'counting', files: files + 1 });
  await pool.addWorker();
  const two = await count('two', { verifyShare: 1 });
  expect(two.events.map(({ kind }) => kind)).not.toContain('unverified');
  expect(two.counts).toEqual(one.counts);
  const doomed = await pool.addWorker();
  const three = await count('three', {}, ({ kind }) => {
    if (kind === 'counted' && !doomed.killed) doomed.kill('SIGKILL');
  });
  expect(pool.changes.some((change) => change.includes('was silent for'))).toBe(true);
  expect(three.counts).toEqual(one.counts);
}, 120_000);

it('the command makes the list of one process with workers of its own', async () => {
  const few = ['--word-count-min', '4', '--bigram-count-min', '2', '--pmi-min', '0', '--no-wordnet', '--json'];
  const run = async (out: string, ...more: string[]): Promise<Record<string, unknown>> => {
    const sources = ['dataset', 'queries', at('corpus'), '--page-views', at('views'), '--out', at(out)];
    const command = await startCommand([...sources, ...few, '--store', at('store'), ...more]);
    expect([await command.exit, command.output()]).toEqual([0, expect.stringContaining('"queries"') as string]);
    expect(await command.leftBehind()).toEqual([]);
    const { out: _, seconds: __, ...result } = JSON.parse(command.stdout()) as Record<string, unknown>;
    await command.close();
    return result;
  };
  const alone = await run('alone.tsv');
  expect(await run('pool.tsv', '--workers', '2')).toEqual(alone);
  expect(await readFile(at('pool.tsv'), 'utf8')).toBe(await readFile(at('alone.tsv'), 'utf8'));
});
