import { z } from 'zod';
import { sha256 } from '#data/dataset/canonical-json.js';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '#store/get-at-most.js';
import { runKeys, stepName } from '#store/run/keys.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';
import { confusionCounts, type Confusions, type Judged } from './accuracy.js';

/** Which class the images of each class were taken for, in one evaluation of a run. */
export interface StoredConfusion {
  readonly labels: readonly string[];
  readonly counts: Confusions;
}

/** The evaluation it is of. */
export interface EvaluationName {
  readonly run: string;
  readonly step: number;
  readonly name: string;
}

/** Twice the images that ImageNet is judged on: each is in one pair at most. */
const pairsMax = 100_000;
const bytesMax = 8 * 2 ** 20;

const documentSchema = z.object({
  name: z.string(),
  labels: z.array(z.string()).min(1),
  /** Images by truth·C + given, in ascending order. */
  counts: z.array(z.tuple([z.int().min(0), z.int().min(1)])),
});

/** Keeps what an evaluation judged, under the epoch of the run's owner; nothing where it would be too large. */
export async function storeConfusion(
  store: Store,
  { run, step, name }: EvaluationName,
  judged: Judged,
  epoch: number,
): Promise<void> {
  const counts = [...confusionCounts(judged)].sort(([a], [b]) => a - b);
  if (counts.length > pairsMax) return;
  const json = JSON.stringify({ name, labels: judged.labels, counts });
  if (json.length > bytesMax / 4) return; // At most 4 bytes each.
  const key = `${runKeys(run).confusions(step)}/${nameHash(name)}.${stepName(epoch)}.json`;
  await store.put(key, new TextEncoder().encode(json));
}

/** What was kept of an evaluation, by the latest owner. Undefined if nothing was; DATA_INVALID if it is damaged. */
export async function readConfusion(
  store: Store,
  { run, step, name }: EvaluationName,
): Promise<StoredConfusion | undefined> {
  const keys: string[] = [];
  for await (const key of store.list(`${runKeys(run).confusions(step)}/${nameHash(name)}.`)) keys.push(key);
  const key = keys.sort().at(-1);
  if (key === undefined) return undefined;
  const parsed = documentSchema.safeParse(parsedOf(await getAtMost(store, key, bytesMax)));
  const cells = (parsed.data?.labels.length ?? 0) ** 2;
  if (parsed.success && parsed.data.counts.every(([at]) => at < cells))
    return { labels: parsed.data.labels, counts: new Map(parsed.data.counts) };
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Evaluation ${name}: expected a confusion matrix in ${urlOf(store, key)}, got something else`,
  });
}

function parsedOf(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch {
    return undefined;
  }
}

/** A name may hold anything. */
function nameHash(name: string): string {
  return sha256(name).slice(0, 16);
}
