import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, type RunStatus, type RunSummary } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { runKeys, runsPrefix } from '#store/run/keys.js';
import { readStatuses } from '#store/run/run-statuses.js';
import type { Store } from '#store/store.js';
import type { CommandLine } from '../terminal/command-line.js';
import { runTable } from './run-text.js';

/** The runs in a folder of `tandem train`, the newest first. No coordinator is needed, and none is asked. */
export async function runsIn(out: string): Promise<RunStatus[]> {
  return withStore(out, async (store) => {
    const runs: RunStatus[] = [];
    for await (const run of readStatuses(store, store.folders(runsPrefix), () => undefined)) runs.push(stillNow(run));
    return runs.sort((left, right) => (left.createdAt < right.createdAt ? 1 : -1));
  });
}

/** Throws NOT_FOUND. */
export async function runIn(out: string, id: string): Promise<RunStatus> {
  const runs = await runsIn(out);
  const run = runs.find((one) => one.id === id);
  if (run) return run;
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: `Run: expected the id of a run in ${resolve(out)}, got "${id}"`,
    help: runs.length === 0 ? 'There is none in it.' : `It holds ${runs.map((one) => one.id).join(', ')}.`,
  });
}

/** Removes a run and all that the folder holds of it. Throws NOT_FOUND, and CONFLICT while a coordinator is at work. */
export async function removeIn(out: string, id: string): Promise<void> {
  await runIn(out, id);
  await withStore(out, async (store) => {
    if (await isLed(store))
      throw new TandemError({
        code: ErrorCode.Conflict,
        message: `Run ${id}: expected a folder that nobody trains in, but a coordinator is at work in ${resolve(out)}`,
        help: 'Stop it first, or have it remove the run: leave --out out, or give its --url.',
      });
    await store.removeAll(runKeys(id).prefix);
  });
}

/** The runs as a table, with what can be done with them. */
export function folderText(runs: readonly RunSummary[], out: string, command: CommandLine): string {
  const [first] = runs;
  if (!first) return `No runs in ${resolve(out)}.`;
  return [
    runTable(runs),
    '',
    `go on with one:  ${command('train', '--config', 'FILE', '--out', out, '--resume', first.id)}`,
    `remove one:      ${command('runs', 'remove', first.id, '--out', out)}`,
  ].join('\n');
}

/** Nobody trains a run of this folder as it is read: one that was under way was interrupted, and can go on. */
function stillNow(run: RunStatus): RunStatus {
  if (hasEnded(run) || run.state === 'paused') return run;
  return { ...run, state: 'paused', reason: `${run.reason} (as last seen)`, etaSeconds: null };
}

/** Long enough for a leading coordinator to give a sign of life, which it does every second. */
const beatMs = 1500;

async function isLed(store: Store): Promise<boolean> {
  const before = await beats(store);
  if (before === '') return false;
  await delay(beatMs);
  return (await beats(store)) !== before;
}

async function beats(store: Store): Promise<string> {
  const found: string[] = [];
  for await (const key of store.list('leaders/'))
    if (key.endsWith('/beat.json')) found.push(`${key} ${Buffer.from(await store.get(key)).toString('utf8')}`);
  return found.join('\n');
}

async function withStore<Result>(out: string, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = openStore(join(resolve(out), 'store'));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
