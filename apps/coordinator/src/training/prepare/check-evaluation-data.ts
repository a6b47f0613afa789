import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { requireGroups } from '#data/dataset/required-groups.js';
import { truthsOf } from '#evaluate/features/labelled-features.js';
import { sampleShots } from '#evaluate/probe/sample-shots.js';
import { evaluationPlaces, evaluationsOf, type Evaluation } from '#protocol/run/evaluation-config.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { openStore, type StoreAccess } from '#store/open-store.js';

/**
 * Opens the data of every evaluation: now, and not when the training has ended. Throws, with the key of the document,
 * what openDataset and requireGroups throw; for a probe also DATA_INVALID where classes differ or have too few images.
 */
export async function checkEvaluationData(
  { evaluation: all }: Pick<RunConfig, 'evaluation'>,
  access: StoreAccess,
): Promise<void> {
  for (const { path, evaluation } of evaluationsOf(all)) {
    const opened: Partial<Record<string, Dataset>> = {};
    for (const key of evaluationPlaces) {
      const url = (evaluation as Partial<Record<string, string>>)[key];
      if (url === undefined) continue;
      await atPath(`${path}.${key}`, async () => {
        const dataset = await openAt(url, access);
        checkGroups(evaluation, dataset, key === 'train' ? undefined : opened['train']);
        opened[key] = dataset;
      });
    }
  }
  for (const [index, url] of (all.features ?? []).entries())
    await atPath(`evaluation.features.${index}`, () => openAt(url, access));
}

/** The data set without what its images need: only its groups are looked at. */
async function openAt(url: string, access: StoreAccess): Promise<Dataset> {
  const store = openStore(url, access);
  try {
    return await openDataset(store);
  } finally {
    await store.close();
  }
}

/** `train`: the training set of the same probe, where the data set is another one. */
function checkGroups(evaluation: Evaluation, dataset: Dataset, train: Dataset | undefined): void {
  if (evaluation.kind === 'retrieval') return;
  const { names, pairsOf } = requireGroups(dataset);
  if (train) truthsOf(dataset, { read: [] }, requireGroups(train).names);
  else if (evaluation.kind === 'few-shot')
    sampleShots(
      names.map((_, group) => [...pairsOf(group)]),
      evaluation.shots.at(-1)!,
      names,
    );
}

async function atPath(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { code, message, help } = toWireError(error, ErrorCode.Internal);
    throw new TandemError({ code, message: `${path}: ${message}`, help, cause: error });
  }
}
