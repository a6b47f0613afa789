import { openTrainingDataset } from '#data/dataset/training-dataset.js';
import { readTokenizer } from '#data/text/tokenizer.js';
import { loadShard } from '#encoder/shard-samples.js';
import type { Device } from '#engine/device.js';
import { parseJson } from '#protocol/input/json-text.js';
import { configAt } from '#protocol/run/amendment.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { runStatusSchema } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { readJournal, type JournalEntry } from '#store/run/journal.js';
import { runKeys } from '#store/run/keys.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { openOneProcessStep } from './one-process-step.js';
import { openOptimizer } from './optimizer/optimizer.js';
import { restoreState } from './state/restore-state.js';

export interface ReplayOptions {
  readonly store: Store;
  readonly storeAccess: StoreAccess;
  readonly run: string;
  /** The step to take again, counted from 0: the one that was taken after so many others. */
  readonly step: number;
  readonly device: Device;
  readonly threads: number;
}

/** What a step gave when it was taken, and what it gives now. */
export interface ReplayedStep {
  readonly run: string;
  readonly step: number;
  readonly loss: { readonly then: number; readonly now: number };
  /** sha256 of the gradient, summed over all shards. */
  readonly gradientSha256: { readonly then: string; readonly now: string };
  readonly identical: boolean;
}

/**
 * Takes a past step of a run again, in this process, and compares its gradient and its loss with those in the journal,
 * bit by bit. Changes nothing in the store. Throws NOT_FOUND if the store holds no checkpoint and journal from which
 * the state before that step follows.
 */
export async function replayStep({
  store,
  storeAccess,
  run,
  step,
  device,
  threads,
}: ReplayOptions): Promise<ReplayedStep> {
  const keys = runKeys(run);
  const document = parseJson(await store.get(keys.document)) as RunConfig;
  const tokenizer = await readTokenizer(await store.get(keys.tokenizer));
  const { stepsChanges } = await statusOf(store, run);
  const before = await journalled(store, run, step);
  const configFor = (at: number): RunConfig => configAt(document, stepsChanges, at);
  const config = configFor(step);
  const optimizer = openOptimizer({ config, threads });
  const dataset = await openTrainingDataset(config, (place) => openStore(place, storeAccess));
  try {
    const { state } = await restoreState({ store, run, configAt: configFor, optimizer, storeAccess, before: step });
    let now = '';
    const again = await openOneProcessStep({
      device,
      config,
      threads,
      load: (number, shard) => loadShard({ config, dataset, tokenizer }, { step: number, shard }),
      journal: async (_step, gradient) => void (now = await contentHash(gradient)),
      nowMs: () => performance.now(),
    });
    try {
      const { contrast } = await again.take(state, 'recompute');
      const loss = { then: before.note['loss'] ?? NaN, now: contrast.loss };
      const gradientSha256 = { then: await contentHash(before.bytes), now };
      const identical = gradientSha256.then === now && Object.is(loss.then, loss.now);
      return { run, step, loss, gradientSha256, identical };
    } finally {
      await again.close();
    }
  } finally {
    await optimizer.close();
    await dataset.close();
  }
}

async function journalled(store: Store, run: string, step: number): Promise<JournalEntry> {
  for await (const entry of readJournal(store, run, step)) return entry;
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: `Replay: expected step ${step} in the journal of run ${run} in ${store.url}, got none`,
    help: 'The journal holds the steps since the checkpoint before the newest, counted from 0, while a run trains.',
    context: { run, step },
  });
}

/** The status of a run, which says whether it was given other numbers of steps. A run without one was not. */
async function statusOf(
  store: Store,
  run: string,
): Promise<Pick<ReturnType<typeof runStatusSchema.parse>, 'stepsChanges'>> {
  try {
    return runStatusSchema.parse(parseJson(await store.get(runKeys(run).status)));
  } catch (error) {
    if (error instanceof TandemError && error.code === ErrorCode.NotFound) return { stepsChanges: [] };
    throw error;
  }
}
